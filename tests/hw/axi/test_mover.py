"""Transfers: words in and out, one by one, and single requests in between."""

import pytest
from hardware import simulate

from zeroleap.hw.axi.mover import Mover
from zeroleap.hw.isa import Space


async def begin(ctx, dut, words, write):
    ctx.set(dut.transfer, {"words": words, "write": write})
    ctx.set(dut.start, 1)
    await ctx.tick()
    ctx.set(dut.start, 0)


def test_takes_a_word_in_per_cycle():
    dut = Mover()

    async def testbench(ctx):
        ctx.set(dut.requests.ready, 1)
        ctx.set(dut.i.valid, 1)
        assert not ctx.get(dut.i.ready)  # there is no transfer
        await begin(ctx, dut, 3, write=1)
        ctx.set(dut.requests.ready, 0)  # the engine runs
        assert not ctx.get(dut.i.ready)
        assert not ctx.get(dut.step)
        await ctx.tick()
        ctx.set(dut.requests.ready, 1)
        for at in range(3):
            ctx.set(dut.target, {"address": 70 + at, "space": Space.WEIGHTS})
            ctx.set(dut.i.payload, 0xF000_0000 + at)
            assert ctx.get(dut.left.words) == 3 - at
            assert ctx.get(dut.i.ready) == ctx.get(dut.step) == ctx.get(dut.requests.valid) == 1
            request = ctx.get(dut.requests.payload)
            assert (request.space, request.address) == (Space.WEIGHTS.value, 70 + at)
            assert (request.data, request.write) == (0xF000_0000 + at, 1)
            await ctx.tick()
        assert not ctx.get(dut.moving)
        assert not ctx.get(dut.i.ready)

    simulate(dut, testbench)


@pytest.mark.parametrize("stall", [0, 3])
def test_words_out_wait_and_the_last_is_marked(stall):
    dut = Mover()

    async def testbench(ctx):
        await begin(ctx, dut, 2, write=0)
        for at in range(2):
            ctx.set(dut.target, {"address": 9 + at, "space": Space.COUNTERS})
            ctx.set(dut.i.valid, 1)
            assert not ctx.get(dut.i.ready)
            for _ in range(stall):  # the engine runs
                assert ctx.get(dut.requests.valid)
                assert not ctx.get(dut.step)
                await ctx.tick()
            ctx.set(dut.requests.ready, 1)
            request = ctx.get(dut.requests.payload)
            assert (request.space, request.address) == (Space.COUNTERS.value, 9 + at)
            assert not request.write
            assert ctx.get(dut.step)
            await ctx.tick()
            assert not ctx.get(dut.requests.valid)
            ctx.set(dut.requests.ready, 0)
            ctx.set(dut.responses.payload, 0xAB00 + at)
            ctx.set(dut.responses.valid, 1)
            for _ in range(stall):
                assert ctx.get(dut.o.valid)
                assert not ctx.get(dut.responses.ready)
                await ctx.tick()
            ctx.set(dut.o.ready, 1)
            word = ctx.get(dut.o.payload)
            assert (word.data, word.last) == (0xAB00 + at, at)
            assert ctx.get(dut.responses.ready)
            assert not ctx.get(dut.answers.valid)
            await ctx.tick()
            ctx.set(dut.o.ready, 0)
            ctx.set(dut.responses.valid, 0)
        assert not ctx.get(dut.moving)

    simulate(dut, testbench)


def test_single_requests_pass_between_transfers():
    dut = Mover()

    async def testbench(ctx):
        ctx.set(dut.requests.ready, 1)
        ctx.set(dut.responses.valid, 1)
        ctx.set(dut.responses.payload, 77)
        ctx.set(dut.singles.valid, 1)
        ctx.set(dut.singles.payload.address, 5)
        assert ctx.get(dut.singles.ready)
        assert ctx.get(dut.requests.valid)
        assert ctx.get(dut.requests.payload.address) == 5
        assert ctx.get(dut.answers.valid)
        assert ctx.get(dut.answers.payload) == 77
        assert not ctx.get(dut.o.valid)
        assert not ctx.get(dut.step)
        await begin(ctx, dut, 1, write=1)
        assert not ctx.get(dut.singles.ready)
        assert not ctx.get(dut.requests.valid)

    simulate(dut, testbench)


@pytest.mark.parametrize("write", [0, 1])
def test_only_a_transfer_that_writes_is_stopped(write):
    dut = Mover()

    async def testbench(ctx):
        await begin(ctx, dut, 4, write)
        ctx.set(dut.stop, 1)
        await ctx.tick()
        assert ctx.get(dut.moving) == (not write)

    simulate(dut, testbench)
