"""A lane and its stages: every product reaches its sum, however soon the next one follows."""

import random

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hardware import SEEDS, simulate

from zeroleap.hw.isa import Layer
from zeroleap.hw.lane import Lane
from zeroleap.hw.lane_stages import LaneStages
from zeroleap.hw.streams import Product

WEIGHTS, SUMS = 32, 8
NOTHING = (77, 1, 3, 1)
"""What stands on the ports while there is no product."""


class OneLane(wiring.Component):
    """A lane behind its stages."""

    layer: In(Layer)
    valid: In(1)
    product: In(Product)
    enables: In(1)
    bank: In(1)
    drain_read: In(12)
    drain_clear: In(12)
    drain_clear_enable: In(1)
    load_enable: In(1)
    load_address: In(20)
    load_data: In(8)
    sum: Out(32)
    idle: Out(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.stages = stages = LaneStages(1)
        m.submodules.lane = lane = Lane(WEIGHTS, SUMS)
        for name in ("layer", "valid", "product", "enables", "bank"):
            m.d.comb += getattr(stages, name).eq(getattr(self, name))
        for name in ("drain_read", "drain_clear", "drain_clear_enable"):
            m.d.comb += getattr(stages, name).eq(getattr(self, name))
        for name in ("load_enable", "load_address", "load_data"):
            m.d.comb += getattr(lane, name).eq(getattr(self, name))
        m.d.comb += [lane.control.eq(stages.control), lane.enable.eq(stages.lane_enables)]
        m.d.comb += [self.sum.eq(lane.sum), self.idle.eq(stages.idle)]
        return m


def weight_of(address):
    return address * 89 % 256 - 128  # -128 is the first


def run_lane(products, layer=None):
    """Feed a product, or None, a cycle; return all sums and the cycles until idle.

    A product is ``(value, weight address, sum address, enable)``.
    """
    dut = OneLane()
    result = []

    async def testbench(ctx):
        for address in range(WEIGHTS):
            ctx.set(dut.load_enable, 1)
            ctx.set(dut.load_address, address)
            ctx.set(dut.load_data, weight_of(address))
            await ctx.tick()
        ctx.set(dut.load_enable, 0)
        ctx.set(dut.layer, layer or {})
        for item in products:
            ctx.set(dut.valid, item is not None)
            value, weight, psum, enable = item or NOTHING
            ctx.set(dut.product, {"value": value, "weight": weight, "psum": psum})
            ctx.set(dut.enables, enable)
            await ctx.tick()
        ctx.set(dut.valid, 0)
        cycles = 0
        while not ctx.get(dut.idle):
            cycles += 1
            await ctx.tick()
        result.append(await drain(ctx, dut, bank=1))
        result.append(cycles)

    simulate(dut, testbench)
    return result


async def drain(ctx, dut, bank):
    """Swap the banks and read all sums."""
    ctx.set(dut.bank, bank)
    sums = []
    for address in range(SUMS):
        ctx.set(dut.drain_read, address)
        await ctx.tick().repeat(Lane.DRAIN_LATENCY)
        total = ctx.get(dut.sum)
        sums.append(total - 2**32 if total >> 31 else total)
    return sums


def expected_sums(products):
    sums = [0] * SUMS
    for item in products:
        if item:
            value, weight, psum, enable = item
            sums[psum] += value * weight_of(weight) * enable
    return [(total + 2**31) % 2**32 - 2**31 for total in sums]


@pytest.mark.parametrize("addresses", [1, 2, 3, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_sums_what_it_multiplies(seed, addresses):
    choose = random.Random(seed)
    products = [
        (choose.randrange(-255, 256), choose.randrange(WEIGHTS), choose.randrange(addresses), 1)
        if choose.random() < 0.8
        else None
        for _ in range(200)
    ]
    sums, _ = run_lane(products)
    assert sums == expected_sums(products)


@pytest.mark.parametrize("distance", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("between", ["idle", "other sums"])
def test_a_sum_may_follow_itself_at_any_distance(between, distance):
    products = []
    for index in range(5):
        products.append((index + 1, 5, 2, 1))
        other = [(9, 7, 3 + step, 1) for step in range(5)]
        products += other[: distance - 1] if between != "idle" else [None] * (distance - 1)
    sums, _ = run_lane(products)
    assert sums == expected_sums(products)


@pytest.mark.parametrize("gaps", [(0, 0), (0, 1), (1, 0), (0, 2), (2, 0), (1, 1), (2, 1)])
def test_the_youngest_of_several_sums_is_forwarded(gaps):
    products = []
    for value, gap in zip((1, 10, 100), (*gaps, 0), strict=True):
        products += [(value, 5, 2, 1), *[None] * gap]
    assert run_lane(products)[0] == expected_sums(products)


def test_a_product_that_is_not_valid_is_not_forwarded():
    psum = NOTHING[2]
    products = [(1, 5, 2, 1), None, (4, 5, psum, 1), None, None, (6, 5, psum, 1)]
    assert run_lane(products)[0] == expected_sums(products)


def test_a_lane_that_is_not_enabled_adds_nothing():
    products = [(3, 5, 1, 1), (200, 6, 1, 0), (4, 5, 1, 1), (200, 6, 2, 0)]
    assert run_lane(products)[0] == expected_sums(products)


@pytest.mark.slow
def test_sums_wrap_at_32_bits():
    count = 65_800  # a few more than 2**31 / 32640
    sums, _ = run_lane([(255, 0, 0, 1)] * count)
    assert sums[0] == 2**32 - 255 * 128 * count
    assert sums[0] > 0


def test_the_last_sum_is_stored_after_its_latency():
    """The product is in stage 1 in the cycle in which it is given, and idle follows stage 6."""
    assert run_lane([(1, 1, 1, 1)])[1] == Lane.LATENCY - 1


@pytest.mark.parametrize("seed", SEEDS)
def test_keeps_the_largest(seed):
    choose = random.Random(seed)
    products = [
        (choose.choice([0, 1, 127, 128, 254, 255]), 5, choose.randrange(3), choose.random() < 0.8)
        for _ in range(100)
    ]
    expected = [0] * SUMS
    for value, _, psum, enable in products:
        expected[psum] = max(expected[psum], value * enable)
    assert run_lane(products, {"unit_weights": 1, "maximum": 1})[0] == expected


def test_banks_are_computed_in_and_drained_apart():
    dut = OneLane()

    async def give(ctx, value, psum):
        ctx.set(dut.product, {"value": value, "weight": 0, "psum": psum})
        ctx.set(dut.valid, 1)
        ctx.set(dut.enables, 1)
        await ctx.tick()
        ctx.set(dut.valid, 0)

    async def testbench(ctx):
        ctx.set(dut.layer, {"unit_weights": 1})
        for psum in range(SUMS):
            await give(ctx, 10 + psum, psum)
        await ctx.tick().repeat(Lane.LATENCY)
        ctx.set(dut.bank, 1)
        await give(ctx, 99, 4)
        assert await drain(ctx, dut, bank=1) == [10, 11, 12, 13, 14, 15, 16, 17]

        # Clear two of the drained bank, while the other computes.
        for psum in (4, 6):
            ctx.set(dut.drain_clear, psum)
            ctx.set(dut.drain_clear_enable, 1)
            await give(ctx, 1, psum)
        ctx.set(dut.drain_clear, 0)
        ctx.set(dut.drain_clear_enable, 0)
        assert await drain(ctx, dut, bank=1) == [10, 11, 12, 13, 0, 15, 0, 17]
        assert await drain(ctx, dut, bank=0) == [0, 0, 0, 0, 100, 0, 1, 0]

    simulate(dut, testbench)
