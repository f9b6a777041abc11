"""The lanes together: what waits for them, and when nothing does."""

import pytest
from hardware import simulate

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lane import Lane
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.walker import Walker

QUEUE_LATENCY = 1
"""From the cycle in which an activation is given to the one in which the walker may take it."""


def lanes(queue_depth=4, count=6):
    return Lanes(EngineConfig(lanes=count, queue_depth=queue_depth, weight_bytes=64))


def give(ctx, dut, value=1, psum=0, lane=0):
    fields = {"value": value, "psum": psum, "taps_y": 1, "taps_x": 1, "lane": lane}
    ctx.set(dut.i.payload, fields)
    ctx.set(dut.i.valid, 1)


@pytest.mark.parametrize("queue_depth", [2, 3, 8])
def test_as_many_activations_wait_as_the_queue_is_deep(queue_depth):
    """The walker is busy with the first for as many cycles as there are slots."""
    dut = lanes(queue_depth)
    accepted = []

    async def testbench(ctx):
        ctx.set(dut.tile, {"slots": 40, "last_lanes": 6})
        give(ctx, dut)
        for _ in range(30):
            accepted.append(ctx.get(dut.i.ready))
            await ctx.tick()

    simulate(dut, testbench)
    assert accepted == [1] * (queue_depth + 1) + [0] * (30 - queue_depth - 1)


@pytest.mark.parametrize("slots", [1, 3])
def test_is_busy_from_the_first_cycle_to_the_last_sum_stored(slots):
    dut = lanes()
    idle = []

    async def testbench(ctx):
        ctx.set(dut.tile, {"slots": slots, "last_lanes": 6})
        assert ctx.get(dut.idle)
        give(ctx, dut)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        for _ in range(20):
            idle.append(ctx.get(dut.idle))
            await ctx.tick()

    simulate(dut, testbench)
    busy = QUEUE_LATENCY + Walker.LATENCY + slots - 1 + Lane.LATENCY - 1
    assert idle == [0] * busy + [1] * (20 - busy)


def test_every_lane_has_its_own_weights_and_sums():
    dut = lanes()
    weights = [3, -5, 7, -11, 13, -17]

    async def testbench(ctx):
        for word in range(2):
            own = range(4 * word, min(4 * word + 4, 6))
            ctx.set(dut.load_enable, sum(1 << lane for lane in own))
            ctx.set(dut.load_data, [weights[lane] for lane in own] + [99] * (4 - len(own)))
            await ctx.tick()
        ctx.set(dut.load_enable, 0)
        ctx.set(dut.tile, {"slots": 1, "last_lanes": 5})
        give(ctx, dut, value=100)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        await ctx.tick()
        assert ctx.get(dut.busy)
        assert ctx.get(dut.active) == 5
        await ctx.tick().until(dut.idle)
        ctx.set(dut.bank, 1)
        await ctx.tick()
        assert list(ctx.get(dut.sums)) == [100 * weight for weight in weights[:5]] + [0]

    simulate(dut, testbench)
