"""The PLL of iCE40, on the pad of its clock: SB_PLL40_PAD."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from amaranth import Const, Instance, Module, Signal
from amaranth.lib import io

__all__ = ["Ice40Pll"]

MEGA = 10**6
PHASE_DETECTOR_HZ = (10 * MEGA, 133 * MEGA)
OSCILLATOR_HZ = (533 * MEGA, 1066 * MEGA)
OUTPUT_HZ = (16 * MEGA, 275 * MEGA)
INPUT_DIVIDERS, FEEDBACK_DIVIDERS, OUTPUT_SHIFTS = range(1, 17), range(1, 129), range(1, 7)
FILTERS_MHZ = (17, 26, 44, 66, 101)
"""Below each, at the phase detector, a loop filter: 1, 2, ... and 6 from the last on."""


@dataclass(frozen=True)
class Ice40Pll:
    """Settings of an SB_PLL40 whose feedback is ``SIMPLE``.

    Its oscillator runs at ``input_hz / input_divider * feedback_divider``, and its output at
    ``2 ** -output_shift`` of that.

    Source: Lattice, FPGA-TN-02052, *iCE40 sysCLOCK PLL Design and Usage Guide*, and the ranges in
    FPGA-DS-02008, *iCE40 UltraPlus Family Data Sheet*, sysCLOCK PLL timing. The loop filter for a
    frequency is in neither: it is that of Project IceStorm's ``icepll``.
    """

    input_hz: Fraction
    input_divider: int
    feedback_divider: int
    output_shift: int

    @property
    def oscillator_hz(self) -> Fraction:
        """Of the oscillator."""
        return self.input_hz / self.input_divider * self.feedback_divider

    @property
    def frequency_hz(self) -> Fraction:
        """Of the output."""
        return self.oscillator_hz / 2**self.output_shift

    @property
    def filter_range(self) -> int:
        """Number of the loop filter."""
        compared = self.input_hz / self.input_divider / MEGA
        return 1 + sum(compared >= limit for limit in FILTERS_MHZ)

    @classmethod
    def find(cls, input_hz: Fraction, wanted_hz: Fraction) -> Self:
        """Find the settings whose output is nearest to ``wanted_hz``.

        Of several the one whose phase detector runs fastest is taken.

        Raises
        ------
        ValueError
            If nothing can be made of the input.
        """
        plls = (
            cls(input_hz, input_divider, feedback_divider, shift)
            for input_divider in INPUT_DIVIDERS
            if PHASE_DETECTOR_HZ[0] <= input_hz / input_divider <= PHASE_DETECTOR_HZ[1]
            for feedback_divider in FEEDBACK_DIVIDERS
            for shift in OUTPUT_SHIFTS
        )
        found = [
            pll
            for pll in plls
            if OSCILLATOR_HZ[0] <= pll.oscillator_hz <= OSCILLATOR_HZ[1]
            and OUTPUT_HZ[0] <= pll.frequency_hz <= OUTPUT_HZ[1]
        ]
        if not found:
            raise ValueError(f"the input must be 10 to 133 MHz, not {float(input_hz / MEGA):g}")
        return min(found, key=lambda pll: (abs(pll.frequency_hz - wanted_hz), pll.input_divider))

    def add(self, m: Module, port: io.SingleEndedPort) -> tuple[Signal, Signal]:
        """Add the PLL, on the pad ``port``; return its output and whether that is stable."""
        output, locked = Signal(name="pll_clk"), Signal(name="pll_locked")
        m.submodules.pll = Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_PLLOUT_SELECT="GENCLK",
            p_DIVR=Const(self.input_divider - 1, 4),
            p_DIVF=Const(self.feedback_divider - 1, 7),
            p_DIVQ=Const(self.output_shift, 3),
            p_FILTER_RANGE=Const(self.filter_range, 3),
            i_PACKAGEPIN=port.io,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=output,
            o_LOCK=locked,
        )
        return output, locked
