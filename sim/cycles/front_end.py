"""When the front end reads the words of a tile and gives its activations to the lanes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from zeroleap.hw.relay import Relay
from zeroleap.sim.cycles.lane_times import LaneTimes
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


class _Words:
    """What lies between the SRAM's output and the stage that looks for non-zeros."""

    def __init__(self, has_queue: bool) -> None:
        self._taken = deque([0] * Relay.DEPTH, Relay.DEPTH) if has_queue else None

    def move_on(self, read: int, free: int) -> tuple[int, int]:
        """Return when a word leaves the SRAM's output, and when the stage, once free, takes it."""
        if self._taken is None:
            moved = max(read + 1, free)
            return moved, moved
        moved = max(read, self._taken[0]) + 1
        self._taken.append(max(moved + 1, free))
        return moved, self._taken[-1]


def walk_tile(
    stream: TileStream,
    lanes: LaneTimes,
    decided: int,
    turn: Turn,
    *,
    is_part: bool,
    opens: Sequence[int],
    has_queue: bool = True,
) -> tuple[int, list[int]]:
    """Return the cycle in which the front end is done, and those in which groups of lanes are.

    - A word is read in turn, when the one before it has moved on from the SRAM's output to the
      queue of words, which has `Relay.DEPTH` places; one that was read with it needs no turn;
    - it is taken from there, or with one bank, where there is no such queue, from the SRAM's
      output, when the stage that looks for non-zeros is free; without non-zeros it then leaves at
      once, otherwise when the last activation of the word before it is given;
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
    has_queue : bool
        There is a queue of words.
    """
    read = decided + START - 1  # when the latest word was read, ...
    moved = left = given = 0  # ... moved on, left, and when the latest activation was given
    words = _Words(has_queue)
    activation = 0
    lanes.begin(stream)
    visits = stream.skips.tolist(), stream.counts.tolist(), stream.is_here.tolist()
    for skips, count, is_here in zip(*visits, strict=True):
        read = max(read + 1 + skips, moved)
        if not is_here:
            read = turn.after(read)
        moved, taken = words.move_on(read, left)
        left = taken + 1
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
    moved, taken = words.move_on(read, left)
    left = max(taken + 1, given)
    given = max(left + 1, lanes.room_for_end())
    return given + 1, lanes.end(given, opens)
