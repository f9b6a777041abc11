"""When words are read and activations given, worked out by hand: `Fetch` 1, queue 1, `ZeroSkip` 2.

A tile that is decided on in cycle 0 is read from cycle 2 on, so its first activation comes in 6.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from zeroleap.hw.fetch import Fetch
from zeroleap.hw.zero_skip import ZeroSkip
from zeroleap.sim.cycles.front_end import START, Turn, walk_tile


class Lanes:
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
    is_here=None,
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
        is_here=np.array(is_here or [0] * len(counts), bool),
        trailing_skips=trailing_skips,
    )
    lanes = Lanes(**rooms)
    result = walk_tile(stream, lanes, decided, turn, is_part=is_part, opens=opens)
    assert lanes.given.pop(0) == "begin"
    return lanes.given, result


def test_the_first_activation_comes_after_all_latencies():
    given, (front, [done]) = walk([1], decided=10)
    assert given[0] == 10 + START + Fetch.LATENCY + ZeroSkip.LATENCY == 16
    assert given == [16, 17]
    assert (front, done) == (18, 117)


def test_the_lanes_are_told_when_the_other_bank_is_open():
    assert walk([1], opens=[40])[1] == (8, [147])
    assert walk([1], opens=[40, 0, 7])[1] == (8, [147, 107, 114])  # of each group that shares


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([4, 4], [6, 7, 8, 9, 10, 11, 12, 13, 14]),  # one a cycle, without a gap between words
        ([1, 1, 1], [6, 7, 8, 9]),
        ([0, 0, 0, 1], [9, 10]),  # a word without any takes a cycle
        ([1, 0, 2], [6, 8, 9, 10]),
        ([3, 0, 0, 1], [6, 7, 8, 9, 10]),  # passed over while the first word is handed out
        ([2, 0, 0, 0, 1], [6, 7, 10, 11]),
        ([4, 1, 0, 1], [6, 7, 8, 9, 10, 12, 13]),  # empty, it waits for the stage as others do
        ([1, 0, 0], [6, 9]),  # the end is like a word with one
    ],
)
def test_words_follow_each_other(counts, expected):
    given, (front, _) = walk(counts)
    assert given == expected
    assert front == expected[-1] + 1


def test_what_is_passed_over_takes_a_cycle():
    assert walk([1, 1], skips=[3, 0])[0] == [9, 10, 11]
    assert walk([1, 1], skips=[0, 3])[0] == [6, 10, 11]
    assert walk([4, 1], skips=[0, 3])[0] == [6, 7, 8, 9, 10, 11]  # behind four activations
    assert walk([1], trailing_skips=3)[0] == [6, 10]


def test_a_tile_without_words_is_only_an_end():
    """One row is passed over in cycle 2, the end is ready in 3 and comes 1 + 1 + 2 cycles later."""
    assert walk([], trailing_skips=1) == ([7], (8, [107]))


def test_a_full_queue_stops_all_that_is_behind():
    """Activation 1 waits until 20; the words behind it are read already."""
    assert walk([2, 1, 1, 1], rooms={1: 20})[0] == [6, 20, 21, 22, 23, 24]
    # A word waits in each stage, two in the queue and one behind: the sixth is read in 21.
    given, _ = walk([2, 1, 1, 1, 1, 1, 1], skips=[0] * 6 + [8], rooms={1: 20})
    assert given == [6, 20, 21, 22, 23, 24, 25, 21 + 1 + 8 + 4, 35]
    assert walk([2, 1, 1, 1], skips=[0, 0, 0, 4], rooms={1: 20})[0] == [6, 20, 21, 22, 23, 24]
    assert walk([2, 0, 0, 1], rooms={1: 20})[0] == [6, 20, 21, 22]
    assert walk([1], room_for_end=30) == ([6, 30], (31, [130]))


def test_a_part_has_no_end():
    assert walk([1], is_part=True) == ([6], (7, []))
    assert walk([2, 0], is_part=True) == ([6, 7], (8, []))
    assert walk([1], trailing_skips=5, is_part=True) == ([6], (8, []))  # passed over in 3 to 7
    assert walk([1], is_part=True, rooms={0: 50}) == ([50], (51, []))


def test_a_turn_comes_every_period():
    assert [ALWAYS.after(cycle) for cycle in (0, 1, 17)] == [0, 1, 17]
    turn = Turn(6, 4)
    assert [turn.after(cycle) for cycle in (6, 7, 9, 10, 11)] == [6, 10, 10, 10, 14]
    assert [turn.after(cycle) for cycle in (0, 2, 3, 5)] == [2, 2, 6, 6]  # and before ``first``


@pytest.mark.parametrize(
    ("first", "period", "expected"),
    [
        (2, 2, [6, 8, 10, 11]),  # read in 2, 4, 6; the end follows the last word at once
        (3, 2, [7, 9, 11, 12]),
        (1, 4, [9, 13, 17, 18]),  # read in 5, 9, 13
        (8, 8, [12, 20, 28, 29]),
    ],
)
def test_words_are_read_in_turn(first, period, expected):
    given, (front, [done]) = walk([1, 1, 1], turn=Turn(first, period))
    assert given == expected
    assert (front, done) == (expected[-1] + 1, expected[-1] + 100)


def test_only_what_is_read_waits_for_a_turn():
    """Pixels are passed over between turns; the end is no word."""
    turn = Turn(2, 4)
    assert walk([1, 1], skips=[0, 3], turn=turn)[0] == [6, 10, 11]  # read in 2 and 6
    assert walk([1, 1], skips=[0, 4], turn=turn)[0] == [6, 14, 15]  # read in 2 and 10
    assert walk([1], trailing_skips=2, turn=turn)[0] == [6, 9]
    assert walk([], trailing_skips=1, turn=turn) == ([7], (8, [107]))


def test_a_word_that_was_read_with_the_one_before_needs_no_turn():
    """The first and third are read in 2 and 6; or the second in 6 too, and the third in 10."""
    turn = Turn(2, 4)
    pairs = [False, True, False, True]
    assert walk([1] * 4, is_here=pairs, turn=turn)[0] == [6, 7, 10, 11, 12]
    single = [False, False, False, True]
    assert walk([1] * 4, is_here=single, turn=turn)[0] == [6, 10, 14, 15, 16]
    # The second waits until the first has moved on, and then the third has missed a turn.
    given, _ = walk([2, 1, 1, 1, 1, 1], is_here=[*pairs, 0, 1], turn=turn, rooms={1: 20})
    assert given == [6, 20, 21, 22, 23, 24, 25, 26]


def test_a_word_that_must_wait_misses_its_turn():
    """Activation 1 waits until 20, and so the words that are read in 6, 10, 14 and 18.

    A sixth is read when the fifth has moved on in 21, but not before 22.
    """
    turn = Turn(2, 4)
    assert walk([2, 1, 1], turn=turn, rooms={1: 20})[0] == [6, 20, 21, 22, 23]
    given, _ = walk([2, 1, 1, 1, 1, 1], turn=turn, rooms={1: 20})
    assert given == [6, 20, 21, 22, 23, 24, 26, 27]
