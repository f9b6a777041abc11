"""Weights of all lanes in one memory: what is loaded is read, a lane apart."""

import random

import pytest
from hardware import simulate

from zeroleap.hw.lane_weights import LaneWeights


@pytest.mark.parametrize("lanes", [1, 3, 4, 8])
def test_a_weight_for_each_lane_comes_a_cycle_later(lanes):
    choose = random.Random(lanes)
    dut = LaneWeights(lanes, 16)
    weights = [[choose.randrange(-128, 128) for _ in range(lanes)] for _ in range(16)]

    async def testbench(ctx):
        for address, row in enumerate(weights):
            for first in range(0, lanes, 4):
                data = sum((weight & 0xFF) << 8 * n for n, weight in enumerate(row[first:][:4]))
                ctx.set(dut.load_enable, 0b1111 << first & (1 << lanes) - 1)
                ctx.set(dut.load_address, address)
                ctx.set(dut.load_data, data)
                await ctx.tick()
        ctx.set(dut.load_enable, 0)
        ctx.set(dut.load_address, 5)
        for address in (3, 15, 0, 7):
            ctx.set(dut.read_address, address)
            await ctx.tick()
            assert [int(weight) for weight in ctx.get(dut.read_data)] == weights[address]

    simulate(dut, testbench)


def test_one_lane_is_loaded():
    """The other bytes of the word are for nobody."""
    dut = LaneWeights(5, 8)

    async def testbench(ctx):
        ctx.set(dut.load_address, 6)
        for enable, data in ((0b01111, 0x04030201), (0b10000, 0xEEEEEE05), (0b00100, 0xEE99EEEE)):
            ctx.set(dut.load_enable, enable)
            ctx.set(dut.load_data, data)
            await ctx.tick()
        ctx.set(dut.load_enable, 0)
        ctx.set(dut.read_address, 6)
        await ctx.tick()
        assert [int(weight) for weight in ctx.get(dut.read_data)] == [1, 2, 0x99 - 256, 4, 5]

    simulate(dut, testbench)
