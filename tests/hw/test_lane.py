"""A lane and its stages: every product reaches its sum, however soon the next one follows."""

import random

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hardware import SEEDS, simulate

from zeroleap.hw.isa import Layer
from zeroleap.hw.lane import LUT_MEMORY_DEPTH, Lane
from zeroleap.hw.lane_stages import LaneStages
from zeroleap.hw.streams import Product

WEIGHTS, SUMS = 32, 8
LANES, OWN = 3, 1
"""The stages serve three lanes, of which this is one."""

NOTHING = (77, 1, 3, OWN)
"""What stands on the ports while there is no product."""

UNIT = {"unit_weights": 1}


class OneLane(wiring.Component):
    """A lane behind its stages."""

    layer: In(Layer)
    valid: In(1)
    product: In(Product)
    bank: In(1)
    drain_read: In(12)
    drain_clear: In(12)
    clear_enable: In(1)
    drain_enable: In(1, init=1)
    scrub: In(1)
    load_enable: In(1)
    load_address: In(20)
    load_data: In(8)
    sum: Out(32)
    enables: Out(LANES)
    done_bank: Out(1)

    depth = SUMS
    """Of a bank, of which only the first sums are used."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.stages = stages = LaneStages(LANES, self.depth)
        m.submodules.lane = lane = Lane(WEIGHTS, self.depth)
        for name in ("layer", "valid", "product", "bank", "drain_read", "drain_clear", "scrub"):
            m.d.comb += getattr(stages, name).eq(getattr(self, name))
        for name in ("clear_enable", "drain_enable", "load_enable", "load_address", "load_data"):
            m.d.comb += getattr(lane, name).eq(getattr(self, name))
        m.d.comb += [lane.control.eq(stages.control), lane.enable.eq(stages.enables[OWN])]
        m.d.comb += [self.sum.eq(lane.sum), self.done_bank.eq(stages.done_bank)]
        m.d.comb += self.enables.eq(stages.enables)
        return m


@pytest.fixture(params=[SUMS, 2 * LUT_MEMORY_DEPTH], autouse=True)
def depth(request, monkeypatch):
    """Every test is run with sums in a memory of LUTs, and with sums in block RAM."""
    monkeypatch.setattr(OneLane, "depth", request.param)
    return request.param


def weight_of(address):
    return address * 89 % 256 - 128  # -128 is the first


async def load(ctx, dut):
    for address in range(WEIGHTS):
        ctx.set(dut.load_enable, 1)
        ctx.set(dut.load_address, address)
        ctx.set(dut.load_data, weight_of(address))
        await ctx.tick()
    ctx.set(dut.load_enable, 0)
    ctx.set(dut.load_data, 99)


def put(ctx, dut, item, bank):
    """Set the ports to a product ``(value, weight address, sum address, lane)``, or None."""
    value, weight, psum, lane = item or NOTHING
    ctx.set(dut.valid, item is not None)
    ctx.set(dut.product, {"value": value, "weight": weight, "psum": psum, "lane": lane})
    ctx.set(dut.bank, bank)


async def drain(ctx, dut, bank):
    """Go to the other bank and read all sums of ``bank``, a sum a cycle."""
    put(ctx, dut, None, 1 - bank)
    await ctx.tick().repeat(Lane.LATENCY)
    assert ctx.get(dut.done_bank) == 1 - bank
    sums = []
    for cycle in range(SUMS + Lane.DRAIN_LATENCY):
        if cycle >= Lane.DRAIN_LATENCY:
            sums.append(signed(ctx.get(dut.sum)))
        ctx.set(dut.drain_read, cycle if cycle < SUMS else 5)
        await ctx.tick()
    return sums


def signed(total):
    return total - 2**32 if total >> 31 else total


def run_lane(products, layer=None, banks=None):
    """Feed a product, or None, a cycle, to these banks (default: to 0); return all sums of both."""
    dut = OneLane()
    banks = banks or [0] * len(products)
    sums = []

    async def testbench(ctx):
        await load(ctx, dut)
        ctx.set(dut.layer, layer or {})
        ctx.set(dut.drain_clear, 2)  # but it is not enabled
        for item, bank in zip(products, banks, strict=True):
            put(ctx, dut, item, bank)
            await ctx.tick()
        sums.extend([await drain(ctx, dut, bank) for bank in (banks[-1], 1 - banks[-1])])

    simulate(dut, testbench)
    return sums if banks[-1] == 0 else sums[::-1]


def expected_sums(products, banks=None, channelwise=False):
    sums = [[0] * SUMS, [0] * SUMS]
    for item, bank in zip(products, banks or [0] * len(products), strict=True):
        if item:
            value, weight, psum, lane = item
            sums[bank][psum] += value * weight_of(weight) * (not channelwise or lane == OWN)
    return sums


def random_products(choose, count, addresses):
    """Choose products with gaps, and lanes that only a channelwise layer looks at."""
    return [
        (
            choose.randrange(-255, 256),
            choose.randrange(WEIGHTS),
            choose.randrange(addresses),
            choose.randrange(LANES),
        )
        if choose.random() < 0.8
        else None
        for _ in range(count)
    ]


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("addresses", [1, 2, 3, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_sums_what_it_multiplies(seed, addresses, channelwise):
    """In both banks, and through changes of the bank."""
    choose = random.Random(seed)
    products = random_products(choose, 150, addresses)
    banks = [0] * 60 + [1] * 50 + [0] * 40
    sums = run_lane(products, {"channelwise": channelwise}, banks)
    assert sums == expected_sums(products, banks, channelwise)


@pytest.mark.parametrize("bank", [0, 1])
@pytest.mark.parametrize("distance", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("between", ["idle", "other sums"])
def test_a_sum_may_follow_itself_at_any_distance(between, distance, bank):
    products = []
    for index in range(5):
        products.append((index + 1, 5, 2, OWN))
        other = [(9, 7, 3 + step, OWN) for step in range(5)]
        products += other[: distance - 1] if between != "idle" else [None] * (distance - 1)
    banks = [bank] * len(products)
    assert run_lane(products, banks=banks) == expected_sums(products, banks)


@pytest.mark.parametrize("gaps", [(0, 0), (0, 1), (1, 0), (0, 2), (2, 0), (1, 1), (2, 1)])
def test_the_youngest_of_several_sums_is_forwarded(gaps):
    products = []
    for value, gap in zip((1, 10, 100), (*gaps, 0), strict=True):
        products += [(value, 5, 2, OWN), *[None] * gap]
    assert run_lane(products) == expected_sums(products)


def test_a_product_that_is_not_valid_is_not_forwarded():
    psum = NOTHING[2]
    products = [(1, 5, 2, OWN), None, (4, 5, psum, OWN), None, None, (6, 5, psum, OWN)]
    assert run_lane(products) == expected_sums(products)


@pytest.mark.parametrize("bank", [0, 1])
@pytest.mark.parametrize("distance", [1, 2, 3, 4])
def test_a_sum_of_the_other_bank_is_not_forwarded(distance, bank):
    """Sum 2 of one bank, and then sum 2 of the other, which has another value."""
    products = [(50, 5, 2, OWN), (7, 6, 2, OWN), *[None] * (distance - 1)]
    products += [(3, 9, 2, OWN), (4, 10, 4, OWN)]
    banks = [1 - bank, *[bank] * distance, 1 - bank, 1 - bank]
    assert run_lane(products, banks=banks) == expected_sums(products, banks)


def test_a_channelwise_layer_enables_the_lane_of_the_product():
    """Other layers enable all, in the cycle after the product."""
    dut = OneLane()
    lanes = [0, None, 1, 2, 1, 40, None, 63, 2]
    found = {0: [], 1: []}

    async def testbench(ctx):
        for channelwise in (0, 1):
            ctx.set(dut.layer, {"channelwise": channelwise})
            for lane in [*lanes, None]:
                put(ctx, dut, None if lane is None else (1, 0, 0, lane), 0)
                found[channelwise].append(ctx.get(dut.enables))
                await ctx.tick()

    simulate(dut, testbench)
    assert found[0] == [0] + [0 if lane is None else 0b111 for lane in lanes]
    assert found[1] == [0, 0b001, 0, 0b010, 0b100, 0b010, 0, 0, 0, 0b100]


@pytest.mark.parametrize("lane", [OWN - 1, OWN + 1])
def test_a_lane_that_is_not_enabled_adds_nothing(lane):
    products = [(3, 5, 1, OWN), (200, 6, 1, lane), (4, 5, 1, OWN), (200, 6, 2, lane)]
    sums = run_lane(products, {"channelwise": 1})
    assert sums[0] == [0, 7 * weight_of(5), *[0] * 6]


@pytest.mark.slow
def test_sums_wrap_at_32_bits():
    count = 65_800  # a few more than 2**31 / 32640
    sums, _ = run_lane([(255, 0, 0, OWN)] * count)
    assert sums[0] == 2**32 - 255 * 128 * count
    assert sums[0] > 0


def test_by_hand():
    """Weights -128, -39, 50, ...: the largest products of either sign, and a small one."""
    products = [(-255, 0, 0, OWN), (255, 0, 7, OWN), (-3, 2, 7, OWN), (1, 1, 0, OWN)]
    sums, _ = run_lane(products)
    assert sums == [32640 - 39, 0, 0, 0, 0, 0, 0, -32640 - 150]


def test_a_sum_is_stored_after_its_latency(depth):
    """The product and then the change of the bank; each takes `Lane.LATENCY` cycles."""
    dut = OneLane()
    sums, done = [], []

    async def testbench(ctx):
        ctx.set(dut.layer, UNIT)
        ctx.set(dut.drain_read, 4)
        for cycle in range(20):
            put(ctx, dut, None if cycle else (21, 0, 4, OWN), cycle > 0)
            sums.append(ctx.get(dut.sum))
            done.append(ctx.get(dut.done_bank))
            await ctx.tick()

    simulate(dut, testbench)
    stored = (
        Lane.LATENCY + Lane.DRAIN_LATENCY - (depth <= LUT_MEMORY_DEPTH)
    )  # which answers at once
    assert sums == [0] * stored + [21] * (20 - stored)
    assert done == [0] * (1 + Lane.LATENCY) + [1] * (19 - Lane.LATENCY)


@pytest.mark.parametrize("seed", SEEDS)
def test_keeps_the_largest(seed):
    choose = random.Random(seed)
    values = [0, 1, 127, 128, 254, 255]
    products = [
        (choose.choice(values), 5, choose.randrange(3), choose.randrange(LANES)) for _ in range(100)
    ]
    expected = [0] * SUMS
    for value, _, psum, lane in products:
        expected[psum] = max(expected[psum], value * (lane == OWN))
    layer = {"unit_weights": 1, "maximum": 1, "channelwise": 1}
    assert run_lane(products, layer)[0] == expected


@pytest.mark.parametrize("bank", [0, 1])
def test_the_other_bank_is_drained_and_cleared_meanwhile(bank):
    """A product, a read and a clear each cycle; the clear is a few cycles behind the read."""
    dut = OneLane()
    other = 1 - bank
    cleared = (4, 6, 7)
    drained = []

    async def testbench(ctx):
        ctx.set(dut.layer, UNIT)
        for psum in range(SUMS):
            put(ctx, dut, (10 + psum, 0, psum, OWN), other)
            await ctx.tick()
        put(ctx, dut, None, bank)
        await ctx.tick().repeat(Lane.LATENCY)

        for cycle in range(20):
            put(ctx, dut, (1 + cycle, 0, cycle % SUMS, OWN), bank)
            ctx.set(dut.drain_read, cycle % SUMS)
            ctx.set(dut.drain_clear, (cycle - 3) % SUMS)
            ctx.set(dut.clear_enable, (cycle - 3) % SUMS in cleared and cycle >= 3)
            if Lane.DRAIN_LATENCY <= cycle < Lane.DRAIN_LATENCY + SUMS:
                drained.append(ctx.get(dut.sum))
            await ctx.tick()
        ctx.set(dut.clear_enable, 0)
        assert drained == list(range(10, 10 + SUMS))

        products = [0] * SUMS
        for cycle in range(20):
            products[cycle % SUMS] += 1 + cycle
        assert await drain(ctx, dut, bank) == products
        rest = [0 if psum in cleared else 10 + psum for psum in range(SUMS)]
        assert await drain(ctx, dut, other) == rest
        # What was cleared counts from 0 again.
        put(ctx, dut, (5, 0, 6, OWN), other)
        await ctx.tick()
        put(ctx, dut, (5, 0, 5, OWN), other)
        await ctx.tick()
        assert await drain(ctx, dut, other) == [10, 11, 12, 13, 0, 20, 5, 0]

    simulate(dut, testbench)


@pytest.mark.parametrize("bank", [0, 1])
def test_a_scrub_clears_both_banks(bank):
    """All but sum 3, which the scrub leaves out."""
    dut = OneLane()

    async def testbench(ctx):
        ctx.set(dut.layer, UNIT)
        for into in (0, 1):
            for psum in range(SUMS):
                put(ctx, dut, (100 * into + 10 + psum, 0, psum, OWN), into)
                await ctx.tick()
        put(ctx, dut, None, bank)
        await ctx.tick().repeat(2 * Lane.LATENCY)
        for psum in range(SUMS):
            ctx.set(dut.scrub, psum != 3)
            await ctx.tick()
            ctx.set(dut.drain_clear, psum)
        ctx.set(dut.scrub, 0)
        assert await drain(ctx, dut, 1 - bank) == [0, 0, 0, 113 - 100 * bank, 0, 0, 0, 0]
        assert await drain(ctx, dut, bank) == [0, 0, 0, 13 + 100 * bank, 0, 0, 0, 0]

    simulate(dut, testbench)
