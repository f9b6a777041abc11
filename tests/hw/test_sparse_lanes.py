"""Lanes on their own: who waits for whom. What they compute is tested with `Lanes`."""

import pytest
from lanes_bench import LanesBench, activation

from zeroleap.hw.block_walker import BlockWalker
from zeroleap.hw.isa import POSITIONS
from zeroleap.hw.lane import Lane
from zeroleap.hw.matcher import Matcher
from zeroleap.hw.picker import Picker
from zeroleap.hw.sparse_lanes import SparseLanes

INSIDE = BlockWalker.LATENCY + 1 + Matcher.MATCHES + 1
"""Activations of one block that a lane holds outside its queue: one is walked, one looked up, some
wait for their turn, and one is multiplied."""

FIRST_TURN = 1 + 1 + SparseLanes.BLOCK_STAGES + 1
"""Cycles from giving an activation until it is multiplied: way, queue, stages, turn."""

QUEUE_CYCLES = 4
"""From giving an activation until its place in an empty queue can be promised to another."""

DONE = Picker.LATENCY + Lane.LATENCY + 2
"""From the turn of the end until all sums are known to be stored."""

FULL, ONE = [1] * POSITIONS, [1] + [0] * (POSITIONS - 1)
EMPTY = [0] * POSITIONS


def lanes(*block, depth=3, channelwise=False):
    return LanesBench([block], is_sparse=True, queue_depth=depth, channelwise=channelwise)


ALL_POSITIONS = activation(positions=0xFFFF)


@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize("slow", [0, 1, 2])
def test_all_lanes_wait_for_the_one_whose_queue_is_full(slow, depth):
    """The slow lane has 16 products for each activation, the others have one."""
    bench = lanes(*[FULL if lane == slow else ONE for lane in range(3)], depth=depth)
    accepted, active = [], []

    async def check(ctx):
        await bench.load(ctx)
        ctx.set(bench.dut.i.payload, bench.payload(ALL_POSITIONS))
        ctx.set(bench.dut.i.valid, 1)
        for cycle in range(80):
            if ctx.get(bench.dut.i.ready):
                accepted.append(cycle)
            active.append(ctx.get(bench.dut.active))
            await ctx.tick()

    bench.run(check)
    # Room comes when a turn begins: a block is looked up then, and those behind it move up. That is
    # known a cycle later.
    expected = []
    for cycle in range(80):
        turns = len(range(FIRST_TURN + 1, cycle, POSITIONS))
        has_place = len(expected) < depth or cycle >= expected[-depth] + QUEUE_CYCLES
        if has_place and len(expected) < depth + INSIDE - 1 + turns:
            expected.append(cycle)
    assert accepted == expected
    assert len(expected) > depth + INSIDE
    # A fast lane has a product for each activation, soon after it was given, and no more.
    expected = [0] * 80
    for cycle in range(FIRST_TURN + Picker.LATENCY + 1, 80):
        expected[cycle] = 1
    for cycle in accepted:
        if cycle + FIRST_TURN + Picker.LATENCY + 1 < 80:
            expected[cycle + FIRST_TURN + Picker.LATENCY + 1] += 2
    assert active == expected


def test_a_channel_of_its_own_waits_for_its_lane_only():
    """Lane 1 is full; what is for others, or for all, shows who is asked."""
    bench = lanes(FULL, FULL, FULL, FULL, depth=4, channelwise=True)

    def item(lane):
        return bench.payload({**ALL_POSITIONS, "lane": lane})

    async def check(ctx):
        await bench.load(ctx)
        ctx.set(bench.dut.i.payload, item(1))
        ctx.set(bench.dut.i.valid, 1)
        await ctx.tick().repeat(4 + INSIDE)
        assert not ctx.get(bench.dut.i.ready)
        ctx.set(bench.dut.i.valid, 0)

        for payload, ready in [
            (item(0), 1),
            (item(1), 0),
            (item(2), 1),
            (item(3), 1),
            (bench.payload(None), 0),  # an end is for all
        ]:
            ctx.set(bench.dut.i.payload, payload)
            assert ctx.get(bench.dut.i.ready) == ready

        # The others take theirs, one a cycle, as if lane 1 were not there.
        ctx.set(bench.dut.i.valid, 1)
        for lane in (0, 2, 3, 0, 3):
            ctx.set(bench.dut.i.payload, item(lane))
            assert ctx.get(bench.dut.i.ready)
            await ctx.tick()
        ctx.set(bench.dut.i.payload, bench.payload(None))
        while not ctx.get(bench.dut.i.ready):
            await ctx.tick()
        await ctx.tick()
        ctx.set(bench.dut.i.valid, 0)
        while not ctx.get(bench.dut.done):
            await ctx.tick()
        sums = await bench.drain(ctx, 0)
        assert [lane[0] for lane in sums] == [2 * 16, (4 + INSIDE) * 16, 16, 2 * 16]

    bench.run(check)


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("slow", [0, 1, 2, 3])
def test_is_done_with_the_last_lane(slow, channelwise):
    """All but one have nothing to do, and leave the bank at once."""
    bench = lanes(*[FULL if lane == slow else EMPTY for lane in range(4)], channelwise=channelwise)
    done = []

    async def check(ctx):
        await bench.load(ctx)
        ctx.set(bench.dut.i.valid, 1)
        for item in ({**ALL_POSITIONS, "lane": slow}, None):
            ctx.set(bench.dut.i.payload, bench.payload(item))
            await ctx.tick()
        ctx.set(bench.dut.i.valid, 0)
        for _ in range(60):
            done.append(ctx.get(bench.dut.done))
            await ctx.tick()
        assert (await bench.drain(ctx, 0))[slow][0] == 16
        await ctx.tick()
        assert not ctx.get(bench.dut.done)  # bank 1 is the oldest now, and all are in it

    bench.run(check)
    last = FIRST_TURN + POSITIONS + DONE
    assert done == [0] * (last - 2) + [1] * (62 - last)


def test_lanes_are_a_tile_ahead_of_the_slowest_but_not_two():
    """Three tiles of one product a lane, of which lane 0 has 16 in the first."""
    table = [[FULL, ONE, ONE], [ONE, ONE, ONE], [ONE, ONE, ONE]]
    bench = LanesBench(table, is_sparse=True, queue_depth=8)
    tiles = [[activation(5 + n, n, n, 0xFFFF)] for n in range(3)]
    active = []

    async def check(ctx):
        await bench.load(ctx)
        ctx.set(bench.dut.i.valid, 1)
        for item in (item for tile in tiles for item in (*tile, None)):
            ctx.set(bench.dut.i.payload, bench.payload(item))
            assert ctx.get(bench.dut.i.ready)
            await ctx.tick()
        ctx.set(bench.dut.i.valid, 0)
        for bank, tile in zip((0, 1, 0), tiles, strict=True):
            for _ in range(40):
                active.append(ctx.get(bench.dut.active))
                await ctx.tick()
            assert await bench.drain(ctx, bank) == bench.sums(tile)

    bench.run(check)
    # The first of the fast lanes' products of tile 1 is two cycles behind that of tile 0.
    first = FIRST_TURN + Picker.LATENCY + 1 - len(tiles) * 2
    head = active[:40]
    assert head == [*[0] * first, 3, 1, 3, *[1] * 13, 0, 1, *[0] * (40 - first - 18)]
    assert sum(active[40:80]) == 3
    assert sum(active[80:]) == 0
