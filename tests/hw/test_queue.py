"""Order, and the cycles in which a queue takes and gives."""

import random

import pytest
from amaranth import unsigned
from hardware import SEEDS, simulate

from zeroleap.hw.queue import Queue
from zeroleap.sim.streams import run_stream


@pytest.mark.parametrize("depth", [2, 3, 8, 13])
@pytest.mark.parametrize(("idle", "stall"), [(0.0, 0.0), (0.0, 0.6), (0.6, 0.0), (0.4, 0.4)])
@pytest.mark.parametrize("shy", [False, True])
def test_keeps_order(depth, idle, stall, shy):
    items = list(range(1, 150))
    pauses = {"idle": idle, "stall": stall, "shy": shy, "seed": depth}
    received, arrived = run_stream(Queue(8, depth), items, count=len(items), **pauses)
    assert received == items
    if not idle + stall:
        assert arrived == [Queue.LATENCY + index for index in range(len(items))]


@pytest.mark.parametrize("depth", [2, 3, 4, 7, 16])
@pytest.mark.parametrize("seed", SEEDS)
def test_is_full_with_as_many_as_its_depth(seed, depth):
    """Against a list, at every cycle; half of the time filled more, or emptied more."""
    choose = random.Random(seed)
    dut = Queue(unsigned(16), depth)
    seen = set()

    async def testbench(ctx):
        held, count = [], 0
        for cycle in range(600):
            give = choose.random() < (0.8 if cycle // 50 % 2 else 0.3)
            take = choose.random() < (0.3 if cycle // 50 % 2 else 0.8)
            ctx.set(dut.i.valid, give)
            ctx.set(dut.i.payload, count if give else 0xFFFF)
            ctx.set(dut.o.ready, take)
            assert ctx.get(dut.i.ready) == (len(held) < depth)
            assert ctx.get(dut.room) == (len(held) + give < depth)
            assert ctx.get(dut.o.valid) == (len(held) > 0)
            seen.add(len(held))
            takes_in = give and len(held) < depth
            if held:
                assert ctx.get(dut.o.payload) == held[0]
                if take:
                    held.pop(0)
            if takes_in:
                held.append(count)
                count += 1
            await ctx.tick()

    simulate(dut, testbench)
    assert seen == set(range(depth + 1))
