"""The PLL of ECP5: EHXPLLL."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from amaranth import Const, Instance, Module, Signal
from amaranth.lib import io

__all__ = ["Ecp5Pll"]

MEGA = 10**6
PHASE_DETECTOR_HZ = (10 * MEGA, 400 * MEGA)
OSCILLATOR_HZ = (400 * MEGA, 800 * MEGA)
OUTPUT_HZ = (Fraction(3_125_000), Fraction(400 * MEGA))
MOST_DIVIDED = 128
"""By each of the PLL's dividers."""


@dataclass(frozen=True)
class Ecp5Pll:
    """Settings of an EHXPLLL.

    Its oscillator runs at ``input_hz / input_divider * feedback_divider`` and its output at a
    ``output_divider``-th of that. The phase detector compares the divided input with ``CLKOP``,
    which goes nowhere else; the engine's clock is ``CLKOS``, so that it need not be a multiple of
    what is compared.

    Source: Lattice, FPGA-TN-02200, *ECP5 and ECP5-5G sysCLOCK PLL/DLL Design and Usage Guide*; the
    ranges are those of FPGA-DS-02012, *ECP5 and ECP5-5G Family Data Sheet*, sysCLOCK PLL timing.
    """

    input_hz: Fraction
    input_divider: int
    feedback_divider: int
    output_divider: int

    @property
    def oscillator_hz(self) -> Fraction:
        """Of the oscillator."""
        return self.input_hz / self.input_divider * self.feedback_divider

    @property
    def frequency_hz(self) -> Fraction:
        """Of the output."""
        return self.oscillator_hz / self.output_divider

    @classmethod
    def find(cls, input_hz: Fraction, wanted_hz: Fraction) -> Self:
        """Find the settings whose output is nearest to ``wanted_hz``.

        Of several the one whose phase detector runs fastest is taken, and then the fastest
        oscillator: both lessen jitter.

        Raises
        ------
        ValueError
            If nothing can be made of the input.
        """
        found = []
        for input_divider in range(1, MOST_DIVIDED + 1):
            compared = input_hz / input_divider
            if not PHASE_DETECTOR_HZ[0] <= compared <= PHASE_DETECTOR_HZ[1]:
                continue
            for feedback_divider in range(1, MOST_DIVIDED + 1):
                oscillator = compared * feedback_divider
                if not OSCILLATOR_HZ[0] <= oscillator <= OSCILLATOR_HZ[1]:
                    continue
                divider = min(max(round(oscillator / wanted_hz), 1), MOST_DIVIDED)
                pll = cls(input_hz, input_divider, feedback_divider, divider)
                if OUTPUT_HZ[0] <= pll.frequency_hz <= OUTPUT_HZ[1]:
                    found.append(pll)
        if not found:
            raise ValueError(f"the input must let the oscillator run at 400 to 800 MHz: {input_hz}")
        return min(
            found,
            key=lambda pll: (
                abs(pll.frequency_hz - wanted_hz),
                pll.input_divider,
                -pll.feedback_divider,
            ),
        )

    def add(self, m: Module, port: io.PortLike) -> tuple[Signal, Signal]:
        """Add the PLL, fed from ``port``; return its output and whether that is stable."""
        m.submodules.clock_in = clock_in = io.Buffer("i", port)
        output, locked, compared = Signal(name="pll_clk"), Signal(name="pll_locked"), Signal()
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{float(self.input_hz / MEGA):.6g}",
            a_FREQUENCY_PIN_CLKOS=f"{float(self.frequency_hz / MEGA):.6g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_CLKI_DIV=self.input_divider,
            p_CLKFB_DIV=1,
            p_FEEDBK_PATH="CLKOP",
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_DIV=self.feedback_divider,
            p_CLKOP_CPHASE=self.feedback_divider - 1,
            p_CLKOP_FPHASE=0,
            p_CLKOS_ENABLE="ENABLED",
            p_CLKOS_DIV=self.output_divider,
            p_CLKOS_CPHASE=self.output_divider - 1,
            p_CLKOS_FPHASE=0,
            i_CLKI=clock_in.i,
            i_CLKFB=compared,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(0),
            i_PHASESTEP=Const(0),
            i_PHASELOADREG=Const(0),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            i_ENCLKOS=Const(0),
            o_CLKOP=compared,
            o_CLKOS=output,
            o_LOCK=locked,
        )
        return output, locked
