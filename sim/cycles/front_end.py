"""When the front end reads the words of a tile and gives its activations to the lanes."""

from zeroleap.sim.cycles.lanes import LaneTimes
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["START", "walk_tile"]

START = 2
"""Cycles from the sequencer's decision to the first word that may be read."""


def walk_tile(
    stream: TileStream, lanes: LaneTimes, decided: int, *, is_part: bool, is_open: int
) -> tuple[int, int]:
    """Return the cycle in which the front end is done, and that in which the lanes are.

    - A word is read when the one before it has moved on from the SRAM's output to the stage that
      looks for non-zeros;
    - it moves on when that stage is free; without non-zeros it then leaves at once, otherwise when
      the last activation of the word before it goes into the queue;
    - an activation goes into the queue a cycle after the one before, if there is room;
    - the end of the tile, unless this is a part of it, is like a word with one activation.

    Parameters
    ----------
    stream : TileStream
    lanes : LaneTimes
    decided : int
        Cycle in which the sequencer gives the tile to the front end.
    is_part : bool
    is_open : int
        First cycle in which lanes may go on to the next tile.
    """
    read = decided + START - 1  # when the latest word was read, ...
    moved = left = given = 0  # ... moved on, left, and when the latest activation was queued
    activation = 0
    lanes.begin(stream)
    for skips, count in zip(stream.skips.tolist(), stream.counts.tolist(), strict=True):
        read = max(read + 1 + skips, moved)
        moved = max(read + 1, left)
        left = moved + 1
        if not count:
            continue
        given = left = max(left, given)
        for _ in range(count):
            given = max(given + 1, lanes.room(activation))
            lanes.give(activation, given)
            activation += 1
    if is_part:
        return max(read + stream.trailing_skips, moved, left, given) + 1, 0
    read = max(read + 1 + stream.trailing_skips, moved)
    left = max(max(read + 1, left) + 1, given)
    given = max(left + 1, lanes.room_for_end())
    return given + 1, lanes.end(given, is_open)
