"""When lanes take activations out of their queues, and when they are done with a tile.

Every event takes place in the first cycle in which all it waits for has happened, so each time is a
maximum of earlier ones plus a constant. A block of weights enters the first stage a cycle after its
activation left the queue. With lanes in step there is no other, and it leaves it when it is its
turn to be multiplied. With lanes on their own it leaves the last of ``stages`` for a queue of
``matches`` blocks, or for nowhere if there is nothing to multiply, and that when it is its turn. A
turn ends after a cycle for each product.
"""

from collections.abc import Sequence
from typing import Protocol

from zeroleap.hw.lane import Lane
from zeroleap.hw.picker import Picker
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["DONE", "LaneTimes"]

DONE = Picker.LATENCY + Lane.LATENCY + 1
"""Cycles from the end of a tile in a lane until all its sums are stored."""


class LaneTimes(Protocol):
    """Lanes that take the same activations during one layer."""

    def begin(self, stream: TileStream) -> None:
        """Go to the next tile, whose activations are numbered from 0."""

    def room(self, activation: int) -> int:
        """Return the first cycle in which this activation finds room in the queue."""

    def give(self, activation: int, given: int) -> None:
        """Put an activation into the queue in cycle ``given``."""

    def room_for_end(self) -> int:
        """Return the first cycle in which the end of a tile may enter all queues."""

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        """End the tile; return the cycle in which the lanes of each group are done with it.

        ``opens`` are the first cycles in which their other bank may be entered.
        """
