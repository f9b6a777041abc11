"""Lanes with one bank: their sums, and when all is done."""

import random

import pytest
from lanes_bench import SUMS, LanesBench, activation, random_table

from zeroleap.hw.isa import POSITIONS
from zeroleap.hw.lane import Lane
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.picker import Picker

BLOCKS = 24
OFFSETS = [0, 1, 2, -1, -2, 0, 3, 4, -3, 1, 5, 2, 0, -4, 4, 3]
DONE_LATENCY = Lanes.BLOCK_STAGES + 1 + Picker.LATENCY + 1 + Lane.LATENCY
"""From the cycle in which the end leaves the queue to that in which all sums are stored."""


def tiles_of(choose, count, lanes, blocks, positions):
    """Choose tiles; an activation may have one product only, and the next one the same sum."""
    return [
        [
            activation(
                choose.choice([-255, 255, choose.randrange(-255, 256)]),
                choose.randrange(BLOCKS - blocks + 1),
                choose.randrange(4, 5 if blocks > 2 else 8),
                1 | choose.choice([0, 0, positions, choose.randrange(2**POSITIONS) & positions]),
                choose.randrange(lanes),
            )
            for _ in range(choose.choice([0, 1, 5, 20]))
        ]
        for _ in range(count)
    ]


async def give(ctx, bench, tile):
    """Give the activations of a tile, and its end."""
    for item in (*tile, None):
        ctx.set(bench.dut.i.payload, bench.payload(item))
        ctx.set(bench.dut.i.valid, 1)
        while not ctx.get(bench.dut.i.ready):
            await ctx.tick()
        await ctx.tick()
        ctx.set(bench.dut.i.valid, 0)
        ctx.set(bench.dut.i.payload, bench.payload(activation(-7, 0, 3, 0xFFFF, 0)))


@pytest.mark.parametrize(
    ("lanes", "channelwise", "unit_weights", "blocks", "last_positions", "queue_depth"),
    [
        (4, False, False, 1, 0xFFFF, 0),
        (3, False, False, 2, 0x00FF, 2),
        (1, False, False, 3, 0x7FFF, 0),
        (6, False, True, 3, 0x8001, 3),
        (5, True, True, 1, 0xFFFF, 0),
        (6, True, False, 1, 0x01FF, 0),
    ],
)
def test_sums_of_tile_after_tile(
    lanes, channelwise, unit_weights, blocks, last_positions, queue_depth
):
    choose = random.Random(lanes)
    bench = LanesBench(
        random_table(choose, BLOCKS, lanes, POSITIONS, 0.8),
        is_sparse=False,
        blocks=blocks,
        last_positions=last_positions,
        offsets=OFFSETS,
        channelwise=channelwise,
        unit_weights=unit_weights,
        queue_depth=queue_depth,
        banks=1,
    )
    tiles = tiles_of(choose, 9, lanes, blocks, last_positions)

    async def check(ctx):
        await bench.load(ctx)
        for index, tile in enumerate(tiles):
            await give(ctx, bench, tile)
            while not ctx.get(bench.dut.done):
                await ctx.tick()
            assert await bench.drain(ctx, index % 2) == bench.sums(tile)
            await ctx.tick().repeat(Lane.LATENCY + 1)
            assert not ctx.get(bench.dut.done)

    bench.run(check)


@pytest.mark.parametrize("queue_depth", [0, 4])
def test_is_done_when_the_last_sum_is_stored(queue_depth):
    """Two products, 5 and 7 times 10, into sums 3 and 4; then the end."""
    bench = LanesBench(
        [[[5, 7]]], is_sparse=False, offsets=[0, 1, *[0] * 14], queue_depth=queue_depth, banks=1
    )
    waits = 2 if queue_depth else 0  # the way to the queue, and the queue
    done, sums = [], []

    async def check(ctx):
        await bench.load(ctx)
        ctx.set(bench.dut.drain_read, 4)
        await give(ctx, bench, [activation(10, psum=3, positions=0b11)])
        for _ in range(30):
            done.append(ctx.get(bench.dut.done))
            sums.append(int(ctx.get(bench.dut.sums[0])))
            await ctx.tick()

    bench.run(check)
    last = waits + DONE_LATENCY
    assert done == [0] * last + [1] * (30 - last)
    read = last + Lane.DRAIN_LATENCY
    assert sums[read:] == [70] * (30 - read)


def test_the_larger_of_products_that_follow_each_other():
    """Max pooling: five values for sum 2, one for sum 9, in this order and without a pause."""
    bench = LanesBench([[[1]]], is_sparse=False, unit_weights=True, queue_depth=0, banks=1)
    values = [(17, 2), (3, 2), (200, 2), (40, 9), (199, 2), (201, 2)]

    async def check(ctx):
        await bench.load(ctx)
        ctx.set(bench.dut.layer.maximum, 1)
        await give(ctx, bench, [activation(value, psum=psum) for value, psum in values])
        while not ctx.get(bench.dut.done):
            await ctx.tick()
        [sums] = await bench.drain(ctx, 0)
        assert sums == [0, 0, 201, *[0] * 6, 40, *[0] * 6]

    bench.run(check)


def test_scrubs_all_lanes():
    bench = LanesBench([[[5], [6], [7]]], is_sparse=False, queue_depth=0, banks=1)
    dut = bench.dut

    async def check(ctx):
        await bench.load(ctx)
        await give(ctx, bench, [activation(10, psum=psum) for psum in range(SUMS)])
        await ctx.tick().repeat(30)
        ctx.set(dut.scrub, 1)
        for address in range(SUMS):
            ctx.set(dut.drain_clear, address)
            await ctx.tick()
        ctx.set(dut.scrub, 0)
        assert await bench.drain(ctx, 0) == [[0] * SUMS] * 3

    bench.run(check)
