"""When words are read and activations given, worked out by hand: `Fetch` 1 and `ZeroSkip` 2 cycles.

A tile that is decided on in cycle 0 is read from cycle 2 on, so its first activation comes in 5.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from zeroleap.hw.fetch import Fetch
from zeroleap.hw.zero_skip import ZeroSkip
from zeroleap.sim.cycles.front_end import START, Turn, walk_tile


class Queue:
    """Lanes that have room in given cycles, and note what comes."""

    def __init__(self, rooms=(), room_for_end=0):
        self.rooms = dict(rooms)
        self.end_room = room_for_end
        self.given = []

    def begin(self, stream):
        self.given.append("begin")

    def room(self, activation):
        return self.rooms.get(activation, 0)

    def give(self, activation, given):
        assert len(self.given) == activation + 1
        self.given.append(given)

    def room_for_end(self):
        return self.end_room

    def end(self, given, opens):
        self.given.append(given)
        return [given + 100 + is_open for is_open in opens]


ALWAYS = Turn(0, 1)


def walk(
    counts,
    skips=None,
    trailing_skips=0,
    decided=0,
    turn=ALWAYS,
    is_part=False,
    opens=(0,),
    **rooms,
):
    """Return the cycles in which activations and the end were given, and what came back."""
    stream = SimpleNamespace(
        counts=np.array(counts, int),
        skips=np.array(skips or [0] * len(counts), int),
        trailing_skips=trailing_skips,
    )
    queue = Queue(**rooms)
    result = walk_tile(stream, queue, decided, turn, is_part=is_part, opens=opens)
    assert queue.given.pop(0) == "begin"
    return queue.given, result


def test_the_first_activation_comes_after_all_latencies():
    given, (front, [done]) = walk([1], decided=10)
    assert given[0] == 10 + START + Fetch.LATENCY + ZeroSkip.LATENCY == 15
    assert given == [15, 16]
    assert (front, done) == (17, 116)


def test_the_lanes_are_told_when_the_other_bank_is_open():
    assert walk([1], opens=[40])[1] == (7, [146])
    assert walk([1], opens=[40, 0, 7])[1] == (7, [146, 106, 113])  # of each group that shares


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([4, 4], [5, 6, 7, 8, 9, 10, 11, 12, 13]),  # one a cycle, without a gap between words
        ([1, 1, 1], [5, 6, 7, 8]),
        ([0, 0, 0, 1], [8, 9]),  # a word without any takes a cycle
        ([1, 0, 2], [5, 7, 8, 9]),
        ([3, 0, 0, 1], [5, 6, 7, 8, 9]),  # passed over while the first word is handed out
        ([2, 0, 0, 0, 1], [5, 6, 9, 10]),
        ([4, 1, 0, 1], [5, 6, 7, 8, 9, 11, 12]),  # empty, it waits for the stage as others do
        ([1, 0, 0], [5, 8]),  # the end is like a word with one
    ],
)
def test_words_follow_each_other(counts, expected):
    given, (front, _) = walk(counts)
    assert given == expected
    assert front == expected[-1] + 1


def test_what_is_passed_over_takes_a_cycle():
    assert walk([1, 1], skips=[3, 0])[0] == [8, 9, 10]
    assert walk([1, 1], skips=[0, 3])[0] == [5, 9, 10]
    assert walk([4, 1], skips=[0, 3])[0] == [5, 6, 7, 8, 9, 10]  # behind four activations
    assert walk([1], trailing_skips=3)[0] == [5, 9]


def test_a_tile_without_words_is_only_an_end():
    """One row is passed over in cycle 2, the end is ready in 3 and comes 1 + 2 cycles later."""
    assert walk([], trailing_skips=1) == ([6], (7, [106]))


def test_a_full_queue_stops_all_that_is_behind():
    """Activation 1 waits until 20; the two words behind it are read already, the next is not."""
    assert walk([2, 1, 1, 1], rooms={1: 20})[0] == [5, 20, 21, 22, 23, 24]
    # A word waits in each stage: the fourth is read in 20, and what follows passed over then.
    given, _ = walk([2, 1, 1, 1, 1], skips=[0, 0, 0, 0, 8], rooms={1: 20})
    assert given == [5, 20, 21, 22, 23, 20 + 1 + 8 + 3, 33]
    assert walk([2, 1, 1, 1], skips=[0, 0, 0, 4], rooms={1: 20})[0] == [5, 20, 21, 22, 23, 24]
    assert walk([2, 0, 0, 1], rooms={1: 20})[0] == [5, 20, 21, 22]
    assert walk([1], room_for_end=30) == ([5, 30], (31, [130]))


def test_a_part_has_no_end():
    assert walk([1], is_part=True) == ([5], (6, []))
    assert walk([2, 0], is_part=True) == ([5, 6], (7, []))
    assert walk([1], trailing_skips=5, is_part=True) == ([5], (8, []))  # passed over in 3 to 7
    assert walk([1], is_part=True, rooms={0: 50}) == ([50], (51, []))


def test_a_turn_comes_every_period():
    assert [ALWAYS.after(cycle) for cycle in (0, 1, 17)] == [0, 1, 17]
    turn = Turn(6, 4)
    assert [turn.after(cycle) for cycle in (6, 7, 9, 10, 11)] == [6, 10, 10, 10, 14]
    assert [turn.after(cycle) for cycle in (0, 2, 3, 5)] == [2, 2, 6, 6]  # and before ``first``


@pytest.mark.parametrize(
    ("first", "period", "expected"),
    [
        (2, 2, [5, 7, 9, 10]),  # read in 2, 4, 6; the end follows the last word at once
        (3, 2, [6, 8, 10, 11]),
        (1, 4, [8, 12, 16, 17]),  # read in 5, 9, 13
        (8, 8, [11, 19, 27, 28]),
    ],
)
def test_words_are_read_in_turn(first, period, expected):
    given, (front, [done]) = walk([1, 1, 1], turn=Turn(first, period))
    assert given == expected
    assert (front, done) == (expected[-1] + 1, expected[-1] + 100)


def test_only_what_is_read_waits_for_a_turn():
    """Pixels are passed over between turns; the end is no word."""
    turn = Turn(2, 4)
    assert walk([1, 1], skips=[0, 3], turn=turn)[0] == [5, 9, 10]  # read in 2 and 6
    assert walk([1, 1], skips=[0, 4], turn=turn)[0] == [5, 13, 14]  # read in 2 and 10
    assert walk([1], trailing_skips=2, turn=turn)[0] == [5, 8]
    assert walk([], trailing_skips=1, turn=turn) == ([6], (7, [106]))


def test_a_word_that_must_wait_misses_its_turn():
    """Activation 1 waits until 20, and so the second word, read in 6, and the third, in 10.

    A fourth is read when the third has moved on, but not before 22.
    """
    assert walk([2, 1, 1], turn=Turn(2, 4), rooms={1: 20})[0] == [5, 20, 21, 22, 23]
    assert walk([2, 1, 1, 1], turn=Turn(2, 4), rooms={1: 20})[0] == [5, 20, 21, 22, 25, 26]
