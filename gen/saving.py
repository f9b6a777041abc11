"""What memory a layer's tiles save, if a network does not fit otherwise."""

from dataclasses import dataclass

__all__ = ["MOST_PROGRAM", "NOTHING", "Saving"]

MOST_PROGRAM = 3
"""Then a tile must save half of a layer's cycles."""


@dataclass(frozen=True)
class Saving:
    """What is saved at the price of cycles.

    Parameters
    ----------
    weights : bool
        Groups share tiles if they can: then each has only weights of its own.
    program : int, 0..MOST_PROGRAM
        Each step makes a tile, which is a record, ten times as dear.
    """

    weights: bool = False
    program: int = 0


NOTHING = Saving()
"""Save nothing: the fewest cycles."""
