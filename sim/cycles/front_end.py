"""When the front end reads the words of a tile and gives its activations to the lanes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from zeroleap.hw.group import RELAY_DEPTH
from zeroleap.sim.cycles.lanes import LaneTimes
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["START", "Turn", "walk_tile"]

START = 2
"""Cycles from the sequencer's decision to the first word that may be read."""


@dataclass(frozen=True)
class Turn:
    """Cycles in which a front end may read: ``first`` and every ``period`` from there."""

    first: int
    period: int

    def after(self, cycle: int) -> int:
        """Return the first of them from ``cycle`` on."""
        return cycle + (self.first - cycle) % self.period


def walk_tile(
    stream: TileStream,
    lanes: LaneTimes,
    decided: int,
    turn: Turn,
    *,
    is_part: bool,
    opens: Sequence[int],
) -> tuple[int, list[int]]:
    """Return the cycle in which the front end is done, and those in which groups of lanes are.

    - A word is read in turn, when the one before it has moved on from the SRAM's output to the
      queue of words, which has `RELAY_DEPTH` places;
    - it is taken from there when the stage that looks for non-zeros is free; without non-zeros it
      then leaves at once, otherwise when the last activation of the word before it is given;
    - an activation is given to the lanes a cycle after the one before, if there is room;
    - the end of the tile, unless this is a part of it, is like a word with one activation.

    Parameters
    ----------
    stream : TileStream
    lanes : LaneTimes
    decided : int
        Cycle in which the sequencer gives the tile to the front end.
    turn : Turn
    is_part : bool
    opens : sequence of int
        First cycles in which the lanes of each group may go on to the next tile.
    """
    read = decided + START - 1  # when the latest word was read, ...
    moved = left = given = 0  # ... moved on, left, and when the latest activation was given
    taken = deque([0] * RELAY_DEPTH, RELAY_DEPTH)  # when the latest words left the queue of words
    activation = 0
    lanes.begin(stream)
    for skips, count in zip(stream.skips.tolist(), stream.counts.tolist(), strict=True):
        read = turn.after(max(read + 1 + skips, moved))
        moved = max(read, taken[0]) + 1
        taken.append(max(moved + 1, left))
        left = taken[-1] + 1
        if not count:
            continue
        given = left = max(left, given)
        for _ in range(count):
            given = max(given + 1, lanes.room(activation))
            lanes.give(activation, given)
            activation += 1
    if is_part:
        return max(read + stream.trailing_skips, moved, left, given) + 1, []
    read = max(read + 1 + stream.trailing_skips, moved)
    moved = max(read, taken[0]) + 1
    left = max(max(moved + 1, left) + 1, given)
    given = max(left + 1, lanes.room_for_end())
    return given + 1, lanes.end(given, opens)
