"""When the lanes are done with a tile: queues and handshakes as a recurrence."""

from zeroleap.hw.lane import Lane
from zeroleap.sim.cycles.stream import Words

__all__ = ["compute_cycles"]

START = 2
"""Cycles from the sequencer's decision to the first word that may be read."""


def compute_cycles(words: Words, queue_depth: int) -> int:
    """Return the cycles from the decision to compute a tile until all its sums are stored.

    Every event takes place in the first cycle in which all it waits for has happened, so each time
    is a maximum of earlier ones plus a constant:

    - a word is read when the one before it has moved on from the SRAM's output to the stage that
      looks for non-zeros;
    - it moves on when that stage is free; without non-zeros it then leaves at once, otherwise when
      the last activation of the word before it goes into the queue;
    - an activation goes into the queue a cycle after the one before, if there is room;
    - it comes out when the lanes have done the one before.
    """
    read = START - 1  # when the latest word was read, ...
    moved = left = given = 0  # ... moved on, left, and when the latest activation was queued
    taken: list[int] = []  # when each activation was taken out of the queue
    finished = 0  # when the lanes have their last product
    for skips, count, work in zip(
        words.skips.tolist(), words.counts.tolist(), words.work.tolist(), strict=True
    ):
        read = max(read + 1 + skips, moved)
        moved = max(read + 1, left)
        left = moved + 1
        if not count:
            continue
        left = max(left, given)
        given = left
        for _ in range(count):
            given += 1
            if len(taken) >= queue_depth:
                given = max(given, taken[-queue_depth] + 1)
            take = max(given + 1, finished)
            taken.append(take)
            finished = take + work
    front_end = max(read + words.trailing_skips, moved, left, given) + 1
    return max(front_end, finished + Lane.LATENCY if taken else 0)
