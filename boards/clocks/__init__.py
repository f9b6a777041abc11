"""The engine's clock, made from the board's by the FPGA's PLL: a file a family."""

from zeroleap.boards.clocks.ecp5 import Ecp5Pll
from zeroleap.boards.clocks.gowin import GowinPll
from zeroleap.boards.clocks.ice40 import Ice40Pll

__all__ = ["PLLS", "Pll"]

Pll = Ecp5Pll | Ice40Pll | GowinPll
"""Each has a ``frequency_hz`` and makes an instance of the family's PLL."""

PLLS: dict[str, type[Pll]] = {"ecp5": Ecp5Pll, "ice40": Ice40Pll, "gowin": GowinPll}
"""By the family's name in `zeroleap.gen.synth.FAMILIES`."""
