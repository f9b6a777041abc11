"""Whose turn it is at the activation SRAM."""

import pytest
from hardware import simulate

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.drain import Drain
from zeroleap.hw.requantizer import Requantizer
from zeroleap.hw.turns import Turns

GROUPS = [1, 2, 4, 8]
CYCLES = 50


def turns(groups, frame=None, shared=0, restarts=(3,)):
    """Return for each cycle who may read, begin and write: a set of groups each."""
    frame = EngineConfig(lanes=32, groups=groups).frame if frame is None else frame
    dut = Turns(groups, frame)
    found = []

    async def testbench(ctx):
        ctx.set(dut.shared, shared)
        for cycle in range(CYCLES):
            ctx.set(dut.restart, cycle in restarts)
            masks = (ctx.get(dut.may_read), ctx.get(dut.may_begin), ctx.get(dut.may_write))
            found.append([{g for g in range(groups) if mask >> g & 1} for mask in masks])
            await ctx.tick()

    simulate(dut, testbench)
    return [list(of_cycle) for of_cycle in zip(*found, strict=True)]


@pytest.mark.parametrize("shared", [0, 1])
@pytest.mark.parametrize("frame", [1, 2, 3, 4])
@pytest.mark.parametrize("groups", GROUPS)
def test_each_group_has_one_turn_of_its_own(groups, frame, shared):
    reads, begins, writes = turns(groups, frame, shared)
    for may in (begins, writes) if shared else (reads, begins, writes):
        assert all(len(who) == 1 for who in may)
        for first in range(4, CYCLES - groups):
            assert set.union(*may[first : first + groups]) == set(range(groups))


@pytest.mark.parametrize("groups", GROUPS)
def test_if_shared_the_first_group_reads_in_each_cycle(groups):
    reads, *others = turns(groups, shared=1)
    assert reads == [{0}] * CYCLES
    assert others == turns(groups, shared=0)[1:]


@pytest.mark.parametrize("restart", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("groups", GROUPS)
def test_restarts_with_the_first_group(groups, restart):
    """And then the next one follows, also if that was its turn."""
    reads, begins, _ = turns(groups, restarts=(restart, restart + 13))
    for may in (reads, begins):
        assert [may[restart + 1 + index] for index in range(10)] == [
            {index % groups} for index in range(10)
        ]
        assert may[restart + 14] == {0}


@pytest.mark.parametrize("frame", [1, 2, 3, 4])
@pytest.mark.parametrize("groups", GROUPS)
def test_a_frame_is_written_with_its_last_value(groups, frame):
    """Whoever begins now may write when the last value of the frame has come all the way."""
    _, begins, writes = turns(groups, frame)
    later = Drain.LATENCY + Requantizer.LATENCY + frame - 1
    assert Turns.WAY_BACK == 5 + 9
    for cycle in range(4, CYCLES - later):
        assert writes[cycle + later] == begins[cycle]


def test_four_groups():
    """Group 0 begins a frame of 4 in the first cycle; its last value comes 3 + 14 later."""
    reads, begins, writes = turns(4, frame=4, restarts=(0,))
    assert reads[1:7] == begins[1:7] == [{0}, {1}, {2}, {3}, {0}, {1}]
    assert writes[1 + 17 : 1 + 21] == [{0}, {1}, {2}, {3}]
    assert writes[1:5] == [{3}, {0}, {1}, {2}]
