"""Accesses come out of five channels one after the other, and are answered."""

from itertools import pairwise

import pytest
from hardware import simulate

from zeroleap.hw.axi.lite_port import LitePort, Response


@pytest.mark.parametrize("late", ["neither", "address", "data"])
def test_a_write_waits_for_address_and_data(late):
    dut = LitePort()

    async def testbench(ctx):
        ctx.set(dut.awaddr, 0x7A9)
        ctx.set(dut.wdata, 0xCAFE_F00D)
        ctx.set(dut.wstrb, 0b1111)
        ctx.set(dut.answer, {"response": Response.OKAY, "data": 1})
        for channel, name in ((dut.awvalid, "address"), (dut.wvalid, "data")):
            ctx.set(channel, late != name)
        assert ctx.get(dut.awready)
        assert ctx.get(dut.wready)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.access.valid) == (late == "neither")
        for channel in (dut.awvalid, dut.wvalid):
            ctx.set(channel, 1)
        await ctx.tick().repeat(3)
        access = ctx.get(dut.access.payload)
        assert (access.register, access.write, access.data) == (0x7A9 >> 2, 1, 0xCAFE_F00D)
        assert not ctx.get(dut.bvalid)
        ctx.set(dut.access.ready, 1)
        await ctx.tick()
        ctx.set(dut.answer, {"response": Response.DECERR, "data": 0})
        ctx.set(dut.access.ready, 0)
        for _ in range(4):
            assert ctx.get(dut.bvalid)
            assert ctx.get(dut.bresp) == Response.OKAY.value
            assert not ctx.get(dut.access.valid)  # the next one waits for this one's end
            await ctx.tick()
        ctx.set(dut.bready, 1)
        await ctx.tick()
        assert not ctx.get(dut.bvalid)

    simulate(dut, testbench)


def test_a_read_gets_what_was_answered():
    dut = LitePort()

    async def testbench(ctx):
        ctx.set(dut.araddr, 0x014)
        ctx.set(dut.arvalid, 1)
        await ctx.tick()
        ctx.set(dut.arvalid, 0)
        await ctx.tick().until(dut.access.valid)
        access = ctx.get(dut.access.payload)
        assert (access.register, access.write) == (5, 0)
        ctx.set(dut.answer, {"response": Response.SLVERR, "data": 0x1234_5678})
        ctx.set(dut.access.ready, 1)
        await ctx.tick()
        ctx.set(dut.answer, {"response": Response.OKAY, "data": 0})
        for _ in range(3):
            assert ctx.get(dut.rvalid)
            assert ctx.get(dut.rdata) == 0x1234_5678
            assert ctx.get(dut.rresp) == Response.SLVERR.value
            await ctx.tick()
        ctx.set(dut.rready, 1)
        await ctx.tick()
        assert not ctx.get(dut.rvalid)

    simulate(dut, testbench)


@pytest.mark.parametrize("strobes", [0b0000, 0b0001, 0b0111, 0b1110, 0b1100])
def test_a_part_of_a_word_is_refused_and_goes_no_further(strobes):
    dut = LitePort()

    async def testbench(ctx):
        for channel in (dut.awvalid, dut.wvalid, dut.access.ready):
            ctx.set(channel, 1)
        ctx.set(dut.wstrb, strobes)
        for _ in range(5):
            assert not ctx.get(dut.access.valid)
            await ctx.tick()
        assert ctx.get(dut.bvalid)
        assert ctx.get(dut.bresp) == Response.SLVERR.value

    simulate(dut, testbench)


def test_reads_and_writes_that_wait_have_turns():
    dut = LitePort()

    async def testbench(ctx):
        for channel in (
            *(dut.awvalid, dut.wvalid, dut.arvalid, dut.bready, dut.rready, dut.access.ready),
        ):
            ctx.set(channel, 1)
        ctx.set(dut.wstrb, 0b1111)
        turns = []
        for _ in range(40):
            if ctx.get(dut.access.valid):
                turns.append(ctx.get(dut.access.payload.write))
            await ctx.tick()
        assert len(turns) >= 10
        assert all(first != second for first, second in pairwise(turns))

    simulate(dut, testbench)
