"""Whose turn it is at the activation SRAM."""

import pytest
from hardware import simulate

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.drain import Drain
from zeroleap.hw.elementwise import Elementwise
from zeroleap.hw.operand import Operand
from zeroleap.hw.requantizer import Requantizer
from zeroleap.hw.table import Table
from zeroleap.hw.turns import Turns

GROUPS = [1, 2, 4, 8]
CYCLES = 50


def turns(groups, frame=None, shared=0, restarts=(3,), combines=0, cycles=CYCLES, banks=2):
    """Return for each cycle who may read, begin and write: a set of groups each."""
    frame = EngineConfig(lanes=32, groups=groups).frame if frame is None else frame
    dut = Turns(groups, frame, banks)
    found = []

    async def testbench(ctx):
        ctx.set(dut.shared, shared)
        ctx.set(dut.combines, combines)
        for cycle in range(cycles):
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
        assert all(len(who) == 1 for who in may[1:])  # before, nothing runs
        for first in range(4, CYCLES - groups):
            assert set.union(*may[first : first + groups]) == set(range(groups))


@pytest.mark.parametrize("groups", GROUPS)
def test_if_shared_the_first_group_reads_in_each_cycle(groups):
    reads, *others = turns(groups, shared=1)
    assert reads[1:] == [{0}] * (CYCLES - 1)
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
    later = Drain.LATENCY + Requantizer.LATENCY + Table.LATENCY + frame - 1
    assert Turns.WAY_BACK == 5 + 9 + 1
    for cycle in range(4, CYCLES - later):
        assert writes[cycle + later] == begins[cycle]


def test_four_groups():
    """Group 0 begins a frame of 4 in the first cycle; its last value comes 3 + 15 later."""
    reads, begins, writes = turns(4, frame=4, restarts=(0,))
    assert reads[1:7] == begins[1:7] == [{0}, {1}, {2}, {3}, {0}, {1}]
    assert writes[1 + 18 : 1 + 22] == [{0}, {1}, {2}, {3}]
    assert writes[1:5] == [{2}, {3}, {0}, {1}]


@pytest.mark.parametrize("restart", [1, 2, 6, 9])
@pytest.mark.parametrize("groups", GROUPS)
def test_a_round_is_4_times_as_long_if_values_are_combined(groups, restart):
    """A group begins in the second of its 4 cycles; and so again after a restart."""
    restarts = (restart, restart + 53)
    _, begins, _ = turns(groups, restarts=restarts, combines=1, cycles=150)
    for first, count in ((restart + 1, 53), (restart + 54, 80)):
        for index in range(count):
            group, cycle = divmod(index % (4 * groups), 4)
            assert begins[first + index] == ({group} if cycle == 1 else set())


@pytest.mark.parametrize("groups", GROUPS)
def test_if_combined_front_ends_read_in_even_cycles(groups):
    """In turn, once in 2 cycles a group; or the first for all."""
    reads, *others = turns(groups, restarts=(0,), combines=1)
    for cycle in range(1, CYCLES):
        group = (cycle - 1) // 2 % groups
        assert reads[cycle] == ({group} if cycle % 2 == 1 else set())
    for_all, *same = turns(groups, restarts=(0,), shared=1, combines=1)
    assert for_all[1:] == [{0}, set()] * (CYCLES // 2 - 1) + [{0}]
    assert same == others


@pytest.mark.parametrize("frame", [1, 2, 3, 4])
@pytest.mark.parametrize("groups", GROUPS)
def test_operands_are_read_in_odd_cycles(groups, frame):
    """Of a frame, 2 cycles before its first value comes from the requantiser."""
    reads, begins, _ = turns(groups, frame, restarts=(0,), combines=1)
    later = Drain.LATENCY + Requantizer.LATENCY - Operand.LATENCY
    asks = {begun + later for begun in range(1, CYCLES) if begins[begun]}
    assert all(cycle % 2 == 0 for cycle in asks)  # the first, which is even, is 1
    assert not any(reads[cycle] for cycle in asks if cycle < CYCLES)


@pytest.mark.parametrize("frame", [1, 2, 3, 4])
@pytest.mark.parametrize("groups", GROUPS)
def test_a_combined_frame_is_written_with_its_last_value(groups, frame):
    """Values come every 4 cycles, and go twice through the requantiser."""
    _, begins, writes = turns(groups, frame, combines=1, cycles=150)
    way_back = Drain.LATENCY + 2 * Requantizer.LATENCY + Elementwise.LATENCY + Table.LATENCY
    assert Turns.COMBINED_WAY_BACK == way_back == 5 + 9 + 12 + 9 + 1
    later = way_back + 4 * (frame - 1)
    for cycle in range(4, 150 - later):
        assert writes[cycle + later] == begins[cycle]


def test_two_groups_that_combine():
    """Group 0 begins 2 values in the second cycle of 8; the last is written 4 + 36 later."""
    reads, begins, writes = turns(2, frame=2, restarts=(0,), combines=1)
    assert reads[1:9] == [{0}, set(), {1}, set()] * 2
    assert begins[1:9] == [set(), {0}, set(), set(), set(), {1}, set(), set()]
    assert writes[2 + 40] == {0}
    assert writes[1:9] == [set(), {0}, set(), set(), set(), {1}, set(), set()]


def test_with_one_port_operands_are_read_when_nothing_is_written():
    """A group with one bank: values are written a cycle later than they come."""
    for combines in (0, 1):
        _, begins, writes = turns(1, restarts=(0,), combines=combines, cycles=150, banks=1)
        later = Turns.COMBINED_WAY_BACK + 1 if combines else Turns.WAY_BACK
        begun = [cycle for cycle in range(1, 150 - later) if begins[cycle]]
        assert all(writes[cycle + later] for cycle in begun)
    asks = [cycle + Drain.LATENCY + Requantizer.LATENCY - Operand.LATENCY for cycle in begun]
    assert not any(writes[cycle] for cycle in asks)
