"""When a group can take a tile and when its results are written, worked out by hand.

A tile is pending a cycle after the front end is done with it and the one before is not pending. It
may be drained a cycle after the lanes are done with it; a frame of it begins 2 cycles later, or
later still; it is written 15 after its time is over, and that is known a cycle later.
"""

from types import SimpleNamespace

import pytest

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.drain import Drain
from zeroleap.hw.elementwise import Elementwise
from zeroleap.hw.requantizer import Requantizer
from zeroleap.hw.table import Table
from zeroleap.sim.cycles.front_end import START, Turn
from zeroleap.sim.cycles.group import GroupTimes, count_frames

WAY_BACK = 15
"""`Drain`, `Requantizer` and `Table`."""

COMBINED_WAY_BACK = 36
"""`Elementwise` and `Requantizer` more."""


def group(groups=1, index=0, first_turn=0, shared=False, **ways):
    config = EngineConfig(lanes=4 * groups, groups=groups)
    return GroupTimes(config, index, first_turn=first_turn, shared=shared, **ways)


def tile(channels=1, rows=1, columns=1, group_channels=4):
    axes = {"y": SimpleNamespace(last=rows - 1), "x": SimpleNamespace(last=columns - 1)}
    return SimpleNamespace(channels=channels - 1, group_channels=group_channels, **axes)


def test_the_way_back_is_as_long_as_its_blocks():
    assert Drain.LATENCY + Requantizer.LATENCY + Table.LATENCY == WAY_BACK
    assert WAY_BACK + Elementwise.LATENCY + Requantizer.LATENCY == COMBINED_WAY_BACK
    assert START == 2


def test_a_group_is_ready_when_its_tile_is_pending():
    times = group()
    assert (times.ready, times.written) == (0, 0)
    times.walked(tile(), idle=100, done=499)
    assert times.ready == 101
    assert times.written == 500 + 2 + WAY_BACK + 1 + 1


def test_a_tile_that_is_done_at_once_is_drained_when_it_is_pending():
    times = group()
    times.walked(tile(), idle=100, done=89)
    assert times.written == 101 + 2 + WAY_BACK + 1 + 1


def test_only_one_tile_is_pending():
    """The second is walked in 120, but the first pends until 500; the third until the second does.

    The second is done in 509, but drained when the first is written.
    """
    times = group()
    times.walked(tile(), idle=100, done=499)
    times.walked(tile(), idle=120, done=509)
    assert times.ready == 502
    assert times.written == 519 + 19
    times.walked(tile(), idle=505, done=1999)
    assert times.ready == 521
    assert times.written == 2019


def test_a_part_is_not_pending():
    times = group()
    times.walked(tile(), idle=100, done=499)
    times.walked(tile(), idle=130, done=None)
    assert (times.ready, times.written) == (131, 519)
    times.walked(tile(), idle=140, done=529)
    assert (times.ready, times.written) == (502, 549)


@pytest.mark.parametrize(("channels", "pixels"), [(1, 1), (7, 1), (1, 7), (5, 6)])
def test_a_single_group_drains_a_value_a_cycle(channels, pixels):
    times = group()
    times.walked(tile(channels, rows=pixels), idle=10, done=49)
    assert times.written == 50 + 2 + WAY_BACK + channels * pixels + 1


@pytest.mark.parametrize(
    ("groups", "channels", "frames"),
    [(2, 1, 1), (2, 2, 1), (2, 3, 2), (2, 8, 4), (4, 4, 1), (4, 5, 2), (8, 4, 1), (8, 9, 3)],
)
def test_a_frame_has_a_turn_and_each_pixel_begins_one(groups, channels, frames):
    """A frame is as many values as groups, 4 at most; a turn comes after as many cycles as groups.

    Of 3 x 2 pixels; the first turn is 0, and 52 the first in which the tile may be drained.
    """
    times = group(groups)
    times.walked(tile(channels, 3, 2), idle=10, done=49)
    begun = -(-52 // groups) * groups
    last = begun + (6 * frames - 1) * groups
    assert times.written == last + min(groups, 4) + WAY_BACK + 1


@pytest.mark.parametrize(("index", "begun"), [(0, 1003), (1, 1004), (2, 1005), (3, 1002)])
def test_groups_have_turns_one_after_the_other(index, begun):
    """The first of them in 7, 11 and so on; 1002 is the first cycle in which one may begin."""
    for shared in (False, True):
        times = group(4, index, first_turn=7, shared=shared)
        times.walked(tile(16), idle=10, done=999)
        frames = 1 if shared else 4
        assert times.written == begun + 4 * (frames - 1) + 4 + WAY_BACK + 1


def test_a_group_reads_in_its_turn_or_always_if_it_reads_for_all():
    """A shared layer reads in each cycle, but writes in turn as any other."""
    for index in range(4):
        alone, shared = (group(4, index, 7, shared=shared) for shared in (False, True))
        assert [alone.turn.after(cycle) for cycle in (0, 7, 100)] == [
            Turn(7 + index, 4).after(cycle) for cycle in (0, 7, 100)
        ]
        assert [shared.turn.after(cycle) for cycle in range(9)] == [*range(9)]


@pytest.mark.parametrize(
    ("index", "own"), [(0, 8), (1, 8), (2, 3), (3, 0)], ids=["all", "all too", "rest", "none"]
)
def test_a_group_that_shares_drains_its_own_channels(index, own):
    """Of 19 channels, 8 are a group's: the third has 3, and the fourth none, and is done at once.

    A frame is 4 values.
    """
    times = group(4, index, first_turn=-index, shared=True)
    times.walked(tile(19, 2, 5, group_channels=8), idle=10, done=49)
    frames = 10 * -(-own // 4)
    written = 52 + 4 * (frames - 1) + 4 + WAY_BACK + 1
    assert times.written == (written if own else 52)
    times.walked(tile(19, group_channels=8), idle=20, done=59)
    assert times.ready == 52


@pytest.mark.parametrize(
    ("done", "begun"), [(49, 53), (50, 53), (51, 57), (52, 57), (53, 57), (54, 57), (55, 61)]
)
def test_a_combined_value_takes_4_cycles(done, begun):
    """The first begins in the second cycle of 4, here 1, 5 and so on; done in 49, it may in 52."""
    for channels, pixels in ((1, 1), (3, 1), (2, 4)):
        times = group(combines=True)
        times.walked(tile(channels, pixels), idle=10, done=done)
        last = begun + 4 * (channels * pixels - 1)
        assert times.written == last + COMBINED_WAY_BACK + 2


@pytest.mark.parametrize(("index", "begun"), [(0, 1016), (1, 1004), (2, 1008), (3, 1012)])
def test_groups_that_combine_begin_in_rounds_of_16(index, begun):
    """Rounds begin in 7, 23, .. 999, 1015, and each group a frame in the second of its 4 cycles.

    1002 is the first cycle in which one may begin.
    """
    for shared in (False, True):
        times = group(4, index, first_turn=7, shared=shared, combines=True)
        times.walked(tile(16), idle=10, done=999)
        frames = 1 if shared else 4
        assert times.written == begun + 16 * (frames - 1) + 4 * 3 + COMBINED_WAY_BACK + 2


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
def test_a_group_that_combines_reads_every_other_cycle_of_its_own(groups):
    """The front ends have the even ones; alone or for all, the first has each of them."""
    for index in range(groups):
        alone, shared = (group(groups, index, 7, each, combines=True) for each in (False, True))
        own = [7 + 2 * index + 2 * groups * turn for turn in range(5)]
        assert [alone.turn.after(cycle) for cycle in own] == own
        assert [alone.turn.after(cycle + 1) for cycle in own[:-1]] == own[1:]
        assert [shared.turn.after(cycle) for cycle in range(7, 13)] == [7, 9, 9, 11, 11, 13]


@pytest.mark.parametrize(
    ("channels", "frame", "sharer", "frames"),
    [
        *((1, 1, None, 1), (9, 1, None, 9), (9, 4, None, 3), (8, 4, None, 2), (5, 2, None, 3)),
        # Of 19 channels, the first two have 8 each, the third 3, and the fourth none.
        *((19, 4, 0, 2), (19, 4, 1, 2), (19, 4, 2, 1), (19, 4, 3, 0), (19, 2, 2, 2)),
    ],
)
def test_frames_begin_with_each_pixel(channels, frame, sharer, frames):
    assert count_frames(tile(channels, group_channels=8), frame, sharer) == frames
    assert count_frames(tile(channels, 3, 5, group_channels=8), frame, sharer) == 15 * frames


@pytest.mark.parametrize(("groups", "frame"), [(1, 1), (2, 2), (4, 4), (8, 4)])
def test_each_scattered_value_has_a_turn(groups, frame):
    """It is written when the last value of a frame would be; 52 is the first cycle it may begin."""
    times = group(groups, scatters=True)
    times.walked(tile(5, 2), idle=10, done=49)
    begun = -(-52 // groups) * groups
    assert times.written == begun + 9 * groups + frame + WAY_BACK + 1
