"""The PLL of Gowin's GW1N and GW2A: rPLL."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from amaranth import Const, Instance, Module, Signal
from amaranth.lib import io

__all__ = ["GowinPll"]

MEGA = 10**6
PHASE_DETECTOR_HZ = (3 * MEGA, 400 * MEGA)
OSCILLATOR_HZ = (400 * MEGA, 1200 * MEGA)
OUTPUT_HZ = (Fraction(3_125_000), Fraction(600 * MEGA))
DIVIDERS = range(1, 65)
OSCILLATOR_DIVIDERS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)


@dataclass(frozen=True)
class GowinPll:
    """Settings of an rPLL.

    Its output runs at ``input_hz / input_divider * feedback_divider``, and its oscillator
    ``oscillator_divider`` times as fast.

    Source: Gowin, UG286, *Clock User Guide*, rPLL; the ranges are those of DS117, *GW1NR series of
    FPGA Products Data Sheet*, for the GW1NR-9 of speed grade C6/I5.
    """

    input_hz: Fraction
    input_divider: int
    feedback_divider: int
    oscillator_divider: int

    @property
    def oscillator_hz(self) -> Fraction:
        """Of the oscillator."""
        return self.frequency_hz * self.oscillator_divider

    @property
    def frequency_hz(self) -> Fraction:
        """Of the output."""
        return self.input_hz / self.input_divider * self.feedback_divider

    @classmethod
    def find(cls, input_hz: Fraction, wanted_hz: Fraction) -> Self:
        """Find the settings whose output is nearest to ``wanted_hz``.

        Of several the one whose phase detector runs fastest is taken, and then the slowest
        oscillator, which takes the least power.

        Raises
        ------
        ValueError
            If nothing can be made of the input.
        """
        plls = (
            cls(input_hz, input_divider, feedback_divider, divider)
            for input_divider in DIVIDERS
            if PHASE_DETECTOR_HZ[0] <= input_hz / input_divider <= PHASE_DETECTOR_HZ[1]
            for feedback_divider in DIVIDERS
            for divider in OSCILLATOR_DIVIDERS
        )
        found = [
            pll
            for pll in plls
            if OSCILLATOR_HZ[0] <= pll.oscillator_hz <= OSCILLATOR_HZ[1]
            and OUTPUT_HZ[0] <= pll.frequency_hz <= OUTPUT_HZ[1]
        ]
        if not found:
            raise ValueError(f"the input must be 3 to 400 MHz, not {float(input_hz / MEGA):g}")
        return min(
            found,
            key=lambda pll: (
                abs(pll.frequency_hz - wanted_hz),
                pll.input_divider,
                pll.oscillator_divider,
            ),
        )

    def add(self, m: Module, port: io.PortLike) -> tuple[Signal, Signal]:
        """Add the PLL, fed from ``port``; return its output and whether that is stable."""
        m.submodules.clock_in = clock_in = io.Buffer("i", port)
        output, locked = Signal(name="pll_clk"), Signal(name="pll_locked")
        m.submodules.pll = Instance(
            "rPLL",
            p_FCLKIN=f"{float(self.input_hz / MEGA):g}",
            p_IDIV_SEL=self.input_divider - 1,
            p_FBDIV_SEL=self.feedback_divider - 1,
            p_ODIV_SEL=self.oscillator_divider,
            i_CLKIN=clock_in.i,
            i_CLKFB=Const(0),
            i_RESET=Const(0),
            i_RESET_P=Const(0),
            i_FBDSEL=Const(0, 6),
            i_IDSEL=Const(0, 6),
            i_ODSEL=Const(0, 6),
            i_PSDA=Const(0, 4),
            i_DUTYDA=Const(0, 4),
            i_FDLY=Const(0, 4),
            o_CLKOUT=output,
            o_LOCK=locked,
        )
        return output, locked
