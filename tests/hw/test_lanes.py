"""The lanes together, of both kinds: their sums, what waits for them, and when all is done."""

import random

import pytest
from lanes_bench import SUMS, LanesBench, activation, random_table

from zeroleap.hw.isa import POSITIONS
from zeroleap.hw.lane import Lane
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.picker import Picker
from zeroleap.hw.sparse_lanes import SparseLanes

QUEUE_LATENCY = 2
"""From the cycle in which an activation is given to the one in which it may leave the queue."""

KINDS = pytest.mark.parametrize("is_sparse", [False, True], ids=["dense", "sparse"])

BLOCKS = 24
OFFSETS = [0, 1, 2, -1, -2, 0, 3, 4, -3, 1, 5, 2, 0, -4, 4, 3]


def products_latency(is_sparse):
    """From the cycle in which an activation is given to that of its first product."""
    stages = SparseLanes.BLOCK_STAGES if is_sparse else Lanes.BLOCK_STAGES
    return QUEUE_LATENCY + stages + 1 + Picker.LATENCY


def done_latency(is_sparse):
    """From the cycle in which the end is given to that in which all sums are known to be stored.

    The end takes a cycle where a product would; the bank changes with what would come next; of all
    lanes it is known a cycle later.
    """
    return products_latency(is_sparse) + 1 + Lane.LATENCY + 1


def random_tiles(choose, count, lanes, blocks, last_positions):
    """Choose tiles of activations; every block of theirs has positions, as kernels have."""
    always = last_positions & -last_positions
    return [
        [
            activation(
                choose.choice([-255, 255, choose.randrange(-255, 256)]),
                choose.randrange(BLOCKS - blocks + 1),
                choose.randrange(4, 5 if blocks > 2 else 8),
                always | choose.choice([0, 0x8000, 0x0180, choose.randrange(2**POSITIONS)]),
                choose.randrange(lanes),
            )
            for _ in range(choose.choice([0, 1, 5, 20]))
        ]
        for _ in range(count)
    ]


@KINDS
@pytest.mark.parametrize(
    ("lanes", "channelwise", "unit_weights", "blocks", "last_positions", "idle", "rest", "density"),
    [
        (5, False, False, 1, 0xFFFF, 0.0, 0, 0.5),
        (3, False, False, 2, 0x00FF, 0.3, 3, 0.2),
        (1, False, False, 3, 0x7FFE, 0.0, 40, 0.9),
        (6, False, True, 3, 0x8001, 0.0, 0, 0.05),
        (5, True, True, 1, 0xFFFF, 0.0, 0, 0.5),
        (6, True, False, 1, 0x7FFF, 0.5, 20, 0.3),
    ],
)
def test_sums_of_tile_after_tile(
    is_sparse, lanes, channelwise, unit_weights, blocks, last_positions, idle, rest, density
):
    """Each tile is read as soon as it is done, then ``rest`` cycles pass; the next one goes on."""
    choose = random.Random(lanes)
    table = random_table(choose, BLOCKS, lanes, POSITIONS, density)
    bench = LanesBench(
        table,
        is_sparse=is_sparse,
        blocks=blocks,
        last_positions=last_positions,
        offsets=OFFSETS,
        channelwise=channelwise,
        unit_weights=unit_weights,
    )
    tiles = random_tiles(choose, 7, lanes, blocks, last_positions)
    active = []

    async def check(ctx):
        for index, tile in enumerate(tiles):
            while not ctx.get(bench.dut.done):
                await ctx.tick()
            assert await bench.drain(ctx, index % 2) == bench.sums(tile)
            for _ in range(rest):
                await ctx.tick()

    async def count(ctx):
        async for *_, products in ctx.tick().sample(bench.dut.active):
            active.append(products)

    bench.run(check, bench.producer(tiles, idle, 1), count)
    every = [
        len(bench.products(item, lane)) for tile in tiles for item in tile for lane in range(lanes)
    ]
    assert sum(active) == sum(every)


@KINDS
def test_by_hand(is_sparse):
    """Two activations, two positions of which one has no weight in lane 1, 3 and 5."""
    table = [[[3, 0, -5], [0, 7, 2], [-11, 13, 0], [0, 0, 1], [127, -128, 4], [0, 2, 2]]]
    bench = LanesBench(table, is_sparse=is_sparse, offsets=[0, 1, -2, *[0] * 13])
    tile = [activation(100, 0, 4, 0b011), activation(-255, 0, 5, 0b001)]

    async def check(ctx):
        while not ctx.get(bench.dut.done):
            await ctx.tick()
        sums = await bench.drain(ctx, 0)
        assert [lane[4:6] for lane in sums] == [
            [300, -765],
            [0, 700],
            [-1100, 1300 + 2805],
            [0, 0],
            [12700, -12800 - 32385],
            [0, 200],
        ]
        assert all(not any(lane[:4] + lane[6:]) for lane in sums)

    bench.run(check, bench.producer([tile], 0, 0))


ONE_BLOCK = [[[5, 7], [11, 0], [-13, 17], [0, 0], [0, 19]]]
"""The only block of five lanes; products of both positions, of one, and of none."""


async def give(ctx, bench, item):
    """Give an activation, or an end, in this cycle."""
    ctx.set(bench.dut.i.payload, bench.payload(item))
    ctx.set(bench.dut.i.valid, 1)
    assert ctx.get(bench.dut.i.ready)
    await ctx.tick()
    ctx.set(bench.dut.i.valid, 0)


@KINDS
@pytest.mark.parametrize(
    ("channelwise", "dense_active", "sparse_active"),
    [
        (False, [5, 5, 5, 5], [4, 4, 2, 2]),  # lanes 1 and 4 have one each, and go on
        (True, [1, 1, 1, 1], [1, 2, 0, 0]),  # lane 2 has two products and lane 1 has one
    ],
)
def test_products_come_after_their_latency(is_sparse, channelwise, dense_active, sparse_active):
    """Two activations, two positions each; ``active`` is one cycle behind."""
    bench = LanesBench(ONE_BLOCK, is_sparse=is_sparse, channelwise=channelwise)
    active = []

    async def check(ctx):
        await bench.load(ctx)
        for cycle in range(30):
            if cycle < 2:
                item = activation(2, positions=0b11, lane=2 - cycle)
                ctx.set(bench.dut.i.payload, bench.payload(item))
            ctx.set(bench.dut.i.valid, cycle < 2)
            active.append(ctx.get(bench.dut.active))
            await ctx.tick()

    bench.run(check)
    expected = sparse_active if is_sparse else dense_active
    first = products_latency(is_sparse) + 1
    assert active == [0] * first + expected + [0] * (26 - first)


@KINDS
@pytest.mark.parametrize("products", [0, 1, 2])
def test_is_done_when_the_last_sum_is_stored(is_sparse, products):
    """Some lane has as many cycles of work; then the end, which takes one itself."""
    bench = LanesBench(ONE_BLOCK, is_sparse=is_sparse)
    done, sums = [], []

    async def check(ctx):
        await bench.load(ctx)
        if products:
            await give(ctx, bench, activation(10, psum=3, positions=(1 << products) - 1))
        ctx.set(bench.dut.drain_read, 3)
        await give(ctx, bench, None)
        for _ in range(30):
            done.append(ctx.get(bench.dut.done))
            sums.append([int(lane) for lane in ctx.get(bench.dut.sums)])
            await ctx.tick()

    bench.run(check)
    last = done_latency(is_sparse) + max(0, products - 1)
    assert done == [0] * (last - 1) + [1] * (31 - last)
    weights = [sum(lane[:products]) for lane in ONE_BLOCK[0]]
    expected = [10 * weight for weight in weights]
    assert sums[last - 1 + Lane.DRAIN_LATENCY :] == [expected] * (31 - last - Lane.DRAIN_LATENCY)


@KINDS
def test_clears_lane_by_lane_and_scrubs_all(is_sparse):
    bench = LanesBench(ONE_BLOCK, is_sparse=is_sparse)
    dut = bench.dut
    full = [70, 0, 170, 0, 190]

    async def sums(ctx, address):
        ctx.set(dut.drain_read, address)
        await ctx.tick().repeat(Lane.DRAIN_LATENCY)
        return [int(lane) for lane in ctx.get(dut.sums)]

    async def check(ctx):
        await bench.load(ctx)
        for psum in (6, 7):
            await give(ctx, bench, activation(10, psum=psum, positions=0b10))
        await give(ctx, bench, None)
        await give(ctx, bench, activation(10, psum=7, positions=0b10))
        await ctx.tick().repeat(30)
        ctx.set(dut.drain_clear, 6)
        ctx.set(dut.drain_clear_enable, 0b10100)
        await ctx.tick()
        ctx.set(dut.drain_clear_enable, 0)
        await ctx.tick()
        assert await sums(ctx, 6) == [70, 0, 0, 0, 0]
        assert await sums(ctx, 7) == full
        ctx.set(dut.drain_enable, 0b00101)
        assert await sums(ctx, 7) == [70, 0, 170, 0, 0]
        ctx.set(dut.drain_enable, 0b11111)

        ctx.set(dut.scrub, 1)
        for address in range(SUMS):
            ctx.set(dut.drain_clear, address)
            await ctx.tick()
        ctx.set(dut.scrub, 0)
        assert await sums(ctx, 6) == [0] * 5
        assert await sums(ctx, 7) == [0] * 5
        ctx.set(dut.oldest, 1)
        await give(ctx, bench, None)
        await ctx.tick().repeat(30)
        assert ctx.get(dut.done)
        assert await sums(ctx, 7) == [0] * 5

    bench.run(check)


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize(("lanes", "sets"), [(4, 2), (6, 2), (8, 4), (4, 4)])
def test_sums_of_lanes_in_sets(lanes, sets, channelwise):
    choose = random.Random(lanes * sets)
    table = random_table(choose, BLOCKS, lanes, POSITIONS, 0.5)
    sizes = {"is_sparse": False, "sets": sets, "blocks": 2, "last_positions": 0x00FF}
    bench = LanesBench(table, channelwise=channelwise, offsets=OFFSETS, **sizes)
    tiles = random_tiles(choose, 7, lanes, 2, 0x00FF)

    async def check(ctx):
        for index, tile in enumerate(tiles):
            while not ctx.get(bench.dut.done):
                await ctx.tick()
            assert await bench.drain(ctx, index % 2) == bench.sums(tile)

    bench.run(check, bench.producer(tiles, 0.0, 1))


@pytest.mark.parametrize(
    ("channelwise", "owners", "expected"),
    [
        (True, [0, 1, 0, 1], [1, 2, 2, 2, 1]),  # a cycle after one another, in both sets
        (True, [0, 2, 1, 3], [1, 1, 2, 2, 1, 1]),  # each set multiplies one after the other
        (True, [0, 2, 0, 2], [1] * 8),  # one set does it all
        (False, [0, 1, 2, 3], [4] * 8),
    ],
)
def test_sets_multiply_at_the_same_time(channelwise, owners, expected):
    """4 lanes in 2 sets and 4 activations, two products each; ``active`` is one cycle behind."""
    table = [[[1, 1]] * 4]
    bench = LanesBench(table, is_sparse=False, sets=2, channelwise=channelwise)
    active = []

    async def check(ctx):
        await bench.load(ctx)
        for cycle in range(30):
            if cycle < 4:
                item = activation(2, positions=0b11, lane=owners[cycle])
                ctx.set(bench.dut.i.payload, bench.payload(item))
            ctx.set(bench.dut.i.valid, cycle < 4)
            active.append(ctx.get(bench.dut.active))
            await ctx.tick()

    bench.run(check)
    first = products_latency(is_sparse=False) + 1
    assert active == [0] * first + expected + [0] * (30 - first - len(expected))


@pytest.mark.parametrize("queue_depth", [2, 3, 8])
def test_as_many_activations_wait_as_the_queue_is_deep(queue_depth):
    """Lanes in step: one in the walker, one at its turn, which is 16 cycles long.

    An activation's place in the queue can be promised to another 4 cycles after it was given.
    """
    bench = LanesBench([[[1] * 16] * 3], is_sparse=False, queue_depth=queue_depth)
    accepted = []

    async def check(ctx):
        await bench.load(ctx)
        ctx.set(bench.dut.i.payload, bench.payload(activation(positions=0xFFFF)))
        ctx.set(bench.dut.i.valid, 1)
        for _ in range(16):
            accepted.append(ctx.get(bench.dut.i.ready))
            await ctx.tick()

    bench.run(check)
    expected = []
    for cycle in range(16):
        has_place = len(expected) < queue_depth or cycle >= expected[-queue_depth] + 4
        if has_place and len(expected) < queue_depth + 2:
            expected.append(cycle)
    assert [cycle for cycle in range(16) if accepted[cycle]] == expected
