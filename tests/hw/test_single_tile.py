"""One tile at a time: when each of its places begins, and that the next waits for the last."""

import random
from dataclasses import dataclass

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.isa import Opcode, Tile
from zeroleap.hw.single_tile import SingleTile


@dataclass(frozen=True)
class Job:
    """A tile, and the cycles that front end, lanes and drain need, each from its start on."""

    front: int = 1
    lanes: int = 1
    drain: int = 1
    is_part: bool = False


def run(jobs):
    """Give each tile as soon as it may be taken; return the cycles of what happens."""
    dut, events = SingleTile(), []

    async def testbench(ctx):
        cycle = 0
        for number, job in enumerate(jobs):
            ctx.set(dut.lanes_done, 0)
            assert ctx.get(dut.ready)
            assert ctx.get(dut.empty)
            begun = drained = 0
            while not (begun and ctx.get(dut.empty)):
                takes = not begun
                if takes:
                    events.append((cycle, "take", ctx.get(dut.oldest)))
                    begun = cycle + 1
                if ctx.get(dut.start_compute):
                    events.append((cycle, "compute", ctx.get(dut.tile.input_address)))
                if ctx.get(dut.start_drain):
                    events.append((cycle, "drain", ctx.get(dut.drained_tile.input_address)))
                    drained = cycle
                ctx.set(dut.take, takes)
                starts = cycle <= begun  # in the cycle of a start all are idle
                ctx.set(dut.front_idle, starts or cycle >= begun + job.front)
                ctx.set(dut.lanes_done, cycle >= begun + job.lanes)
                ctx.set(dut.drain_idle, cycle == drained or cycle >= drained + job.drain)
                await ctx.tick()
                fields = {"opcode": Opcode.TILE, "input_address": number, "is_part": job.is_part}
                ctx.set(dut.next_tile, Tile.const(fields))
                cycle += 1
        events.append((cycle, "empty", ctx.get(dut.oldest)))

    simulate(dut, testbench)
    return events


def expected(jobs):
    """Each place begins in the cycle after the one before is done, and is looked at a cycle on."""
    events, cycle, oldest = [], 0, 0
    for number, job in enumerate(jobs):
        events += [(cycle, "take", oldest), (cycle + 1, "compute", number)]
        idle = cycle + 1 + job.front
        if job.is_part:
            cycle = idle + 1
            continue
        drain = max(idle + 1, cycle + 1 + job.lanes) + 1
        events.append((drain, "drain", number))
        cycle = drain + job.drain + 1
        oldest ^= 1
    return [*events, (cycle, "empty", oldest)]


def test_by_hand():
    """A front end of 3 cycles, lanes of 10, a drain of 4; then a part of a tile."""
    assert run([Job(3, 10, 4), Job(5, is_part=True)]) == [
        (0, "take", 0),
        (1, "compute", 0),
        (12, "drain", 0),
        (17, "take", 1),
        (18, "compute", 1),
        (24, "empty", 1),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_each_place_follows_the_one_before(seed):
    choose = random.Random(seed)
    jobs = [
        Job(*(choose.choice([1, 2, 5, 30]) for _ in range(3)), choose.random() < 0.3)
        for _ in range(40)
    ]
    assert run(jobs) == expected(jobs)
