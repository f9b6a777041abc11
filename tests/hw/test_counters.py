"""The counters of a layer, and what is kept of them."""

import random

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.counters import Counters
from zeroleap.hw.isa import COUNTER_STRIDE, COUNTERS


async def store(ctx, dut, layer, running):
    """Keep all counters of a layer, one a cycle, as the sequencer does."""
    ctx.set(dut.running, running)
    for name in ("active", "read", "written"):
        ctx.set(getattr(dut, name), 0)
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


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_each_layer_on_its_own(seed):
    choose = random.Random(seed)
    dut = Counters(4)

    async def testbench(ctx):
        expected = []
        for layer in range(3):
            counts = dict.fromkeys(COUNTERS, 0)
            for _ in range(choose.randrange(1, 60)):
                now = {name: choose.randrange(2) for name in ("read", "written")}
                running, active = choose.random() < 0.8, choose.choice([0, 1, 63, 64])
                for name, value in {**now, "running": running, "active": active}.items():
                    ctx.set(getattr(dut, name), value)
                await ctx.tick()
                if running:
                    counts["cycles"] += 1
                    counts["products"] += active
                    counts["words_read"] += now["read"]
                    counts["words_written"] += now["written"]
            await store(ctx, dut, layer, running=1)
            counts["cycles"] += len(COUNTERS)  # the storing itself
            expected.append(counts)
        ctx.set(dut.running, 0)
        for layer, counts in enumerate(expected):
            assert await kept(ctx, dut, layer) == counts

    simulate(dut, testbench)


def test_clear_begins_again():
    dut = Counters(2)

    async def testbench(ctx):
        for name in ("running", "read", "written"):
            ctx.set(getattr(dut, name), 1)
        ctx.set(dut.active, 5)
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
        ctx.set(dut.active, 3)
        for layer in (1022, 1023):
            ctx.set(dut.running, 1)
            await ctx.tick().repeat(layer - 1000)
            await store(ctx, dut, layer, running=1)
            ctx.set(dut.active, 64)
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
        ctx.set(dut.written, 1)
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
