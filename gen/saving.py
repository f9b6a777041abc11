"""What memory a layer's tiles save, if a network does not fit otherwise."""

from dataclasses import dataclass, replace

from zeroleap.hw.config import EngineConfig

__all__ = ["NOTHING", "Saving"]

MOST_PROGRAM = 3
"""Then a tile must save half of a layer's cycles."""


@dataclass(frozen=True)
class Saving:
    """What is saved at the price of cycles.

    Parameters
    ----------
    weights : bool
        Groups share tiles wherever they can: then each has only weights of its own.
    program : int
        Each step makes a tile, which is a record, ten times as dear.
    """

    weights: bool = False
    program: int = 0

    def more(self, field: str, config: EngineConfig) -> "Saving | None":
        """Return what also saves what parameter ``field`` limits; None if nothing does."""
        if field in ("weight_bytes", "headers") and config.groups > 1 and not self.weights:
            return replace(self, weights=True)
        if field == "program_words" and self.program < MOST_PROGRAM:
            return replace(self, program=self.program + 1)
        return None


NOTHING = Saving()
"""Save nothing: the fewest cycles."""
