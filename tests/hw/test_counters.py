"""The counters of a layer, and what is kept of them."""

import random

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.counters import Counters
from zeroleap.hw.isa import COUNTER_STRIDE, COUNTERS


def count(ctx, dut, active, read, written):
    """Set what each group does in this cycle."""
    ctx.set(dut.active, active)
    ctx.set(dut.read, sum(bit << group for group, bit in enumerate(read)))
    ctx.set(dut.written, sum(bit << group for group, bit in enumerate(written)))


async def store(ctx, dut, layer, running):
    """Keep all counters of a layer, one a cycle, as the sequencer does."""
    ctx.set(dut.running, running)
    groups = len(dut.active)
    count(ctx, dut, [0] * groups, [0] * groups, [0] * groups)
    for index in range(len(COUNTERS)):
        ctx.set(dut.store, 1)
        ctx.set(dut.store_index, index)
        ctx.set(dut.layer_index, layer)
        await ctx.tick()
    ctx.set(dut.store, 0)


async def kept(ctx, dut, layer):
    found = []
    for index in range(len(COUNTERS)):
        ctx.set(dut.read_enable, 1)
        ctx.set(dut.read_address, layer * COUNTER_STRIDE + index)
        await ctx.tick()
        found.append(ctx.get(dut.read_data))
    ctx.set(dut.read_enable, 0)
    return dict(zip(COUNTERS, found, strict=True))


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_counts_each_layer_on_its_own(seed, groups):
    """Products of up to 64 lanes."""
    choose = random.Random(seed)
    dut = Counters(4, groups)

    async def testbench(ctx):
        expected = []
        for layer in range(3):
            counts = dict.fromkeys(COUNTERS, 0)
            for _ in range(choose.randrange(1, 60)):
                read, written = ([choose.randrange(2) for _ in range(groups)] for _ in range(2))
                active = [
                    choose.choice([0, 1, 64 // groups - 1, 64 // groups]) for _ in range(groups)
                ]
                running = choose.random() < 0.8
                ctx.set(dut.running, running)
                count(ctx, dut, active, read, written)
                await ctx.tick()
                if running:
                    counts["cycles"] += 1
                    counts["products"] += sum(active)
                    counts["words_read"] += sum(read)
                    counts["words_written"] += sum(written)
            await store(ctx, dut, layer, running=1)
            counts["cycles"] += len(COUNTERS)  # the storing itself
            expected.append(counts)
        ctx.set(dut.running, 0)
        for layer, counts in enumerate(expected):
            assert await kept(ctx, dut, layer) == counts

    simulate(dut, testbench)


def test_all_groups_count():
    """8 groups of 8 lanes; all read once, and write, while two of them have other products."""
    dut = Counters(1, 8)

    async def testbench(ctx):
        ctx.set(dut.running, 1)
        count(ctx, dut, [8, 8, 8, 8, 3, 8, 8, 0], [1] * 8, [1] * 8)
        await ctx.tick()
        count(ctx, dut, [0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 1, 0, 0, 0, 0, 0], [0] * 7 + [1])
        await ctx.tick()
        await store(ctx, dut, 0, running=1)
        ctx.set(dut.running, 0)
        assert await kept(ctx, dut, 0) == {
            "products": 52,
            "words_read": 9,
            "words_written": 9,
            "cycles": 2 + len(COUNTERS),
        }

    simulate(dut, testbench)


def test_clear_begins_again():
    dut = Counters(2)

    async def testbench(ctx):
        ctx.set(dut.running, 1)
        count(ctx, dut, [5], [1], [1])
        await ctx.tick().repeat(7)
        ctx.set(dut.clear, 1)
        await ctx.tick()  # what happens in this cycle counts for nothing
        ctx.set(dut.clear, 0)
        await ctx.tick().repeat(2)
        await store(ctx, dut, 1, running=1)
        ctx.set(dut.running, 0)
        assert await kept(ctx, dut, 1) == {
            "products": 10,
            "words_read": 2,
            "words_written": 2,
            "cycles": 2 + len(COUNTERS),
        }

    simulate(dut, testbench)


def test_there_is_room_for_the_last_layer():
    """Of 1024, the most that there can be; the counters of the one before stay."""
    dut = Counters(1024)

    async def testbench(ctx):
        count(ctx, dut, [3], [0], [0])
        for layer in (1022, 1023):
            ctx.set(dut.running, 1)
            await ctx.tick().repeat(layer - 1000)
            await store(ctx, dut, layer, running=1)
            count(ctx, dut, [64], [0], [0])
        ctx.set(dut.running, 0)
        nothing = {"words_read": 0, "words_written": 0}
        for layer, products in ((1022, 22 * 3), (1023, 23 * 64)):
            cycles = layer - 1000 + len(COUNTERS)
            assert await kept(ctx, dut, layer) == {
                "products": products,
                **nothing,
                "cycles": cycles,
            }

    simulate(dut, testbench)


def test_a_counter_stays_until_the_next_is_read():
    dut = Counters(2)

    async def testbench(ctx):
        ctx.set(dut.running, 1)
        count(ctx, dut, [0], [0], [1])
        await ctx.tick().repeat(5)
        await store(ctx, dut, 1, running=1)
        ctx.set(dut.running, 0)
        counts = {name: COUNTER_STRIDE + index for index, name in enumerate(COUNTERS)}
        ctx.set(dut.read_enable, 1)
        ctx.set(dut.read_address, counts["words_written"])
        await ctx.tick()
        ctx.set(dut.read_enable, 0)
        ctx.set(dut.read_address, counts["cycles"])
        for _ in range(3):
            assert ctx.get(dut.read_data) == 5
            await ctx.tick()

    simulate(dut, testbench)
