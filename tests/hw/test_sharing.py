"""Whose activations each group of lanes gets."""

import pytest
from hardware import simulate

from zeroleap.hw.sharing import Sharing
from zeroleap.hw.streams import Activation

GROUPS = [1, 2, 4, 8]
ONES = Activation.from_bits((1 << Activation.as_shape().size) - 1)


def bits(value, groups):
    return [value >> group & 1 for group in range(groups)]


def combinations(groups):
    """Return all pairs of ``valid`` and ``ready`` of up to two groups, otherwise some of them."""
    every = range(2**groups)
    if groups <= 2:
        return [(valid, ready) for valid in every for ready in every]
    few = [0, 1, 2, every[-1] - 1, every[-1], every[-1] & 0x55, every[-1] >> 1]
    return [(valid, ready) for valid in few for ready in few]


def payload(group):
    return Activation.const(
        {"value": group - 4, "weights": 0x100 + group, "psum": 0x20 + group, "positions": 1 + group}
    )


async def offer(ctx, dut, groups, valid, ready):
    """Set all ports; return what each consumer is given, and who has been taken from."""
    for group in range(groups):
        ctx.set(dut.i[group].payload, payload(group))
        ctx.set(dut.i[group].valid, valid >> group & 1)
        ctx.set(dut.o[group].ready, ready >> group & 1)
    await ctx.delay(1e-9)
    given = [
        ctx.get(dut.o[group].payload)
        if ctx.get(dut.o[group].valid) and ctx.get(dut.o[group].ready)
        else None
        for group in range(groups)
    ]
    taken = [bool(ctx.get(i.valid) and ctx.get(i.ready)) for i in dut.i]
    return given, taken


@pytest.mark.parametrize("groups", GROUPS)
def test_each_group_has_its_own(groups):
    dut = Sharing(groups)

    async def testbench(ctx):
        for valid, ready in combinations(groups):
            given, taken = await offer(ctx, dut, groups, valid, ready)
            both = bits(valid & ready, groups)
            assert taken == [bool(each) for each in both]
            assert given == [payload(g) if each else None for g, each in enumerate(both)]
            # An offer does not wait for the consumer, nor a consumer for the offer.
            assert [ctx.get(o.valid) for o in dut.o] == bits(valid, groups)
            assert [ctx.get(i.ready) for i in dut.i] == bits(ready, groups)

    simulate(dut, testbench)


@pytest.mark.parametrize("groups", GROUPS)
def test_shared_activations_are_taken_by_all_at_once(groups):
    """Of the first front end, whatever the others may offer."""
    dut = Sharing(groups)

    async def testbench(ctx):
        ctx.set(dut.shared, 1)
        await ctx.tick()
        for valid, ready in combinations(groups):
            given, taken = await offer(ctx, dut, groups, valid, ready)
            is_taken = bool(valid & 1) and ready == 2**groups - 1
            assert taken[0] == is_taken
            assert given == [payload(0) if is_taken else None] * groups

    simulate(dut, testbench)


@pytest.mark.parametrize("shared", [0, 1])
def test_all_bits_of_an_activation_pass(shared):
    dut = Sharing(2)

    async def testbench(ctx):
        ctx.set(dut.shared, shared)
        await ctx.tick()
        for i in dut.i:
            ctx.set(i.payload, ONES)
        await ctx.delay(1e-9)
        assert [ctx.get(o.payload) for o in dut.o] == [ONES, ONES]

    simulate(dut, testbench)


@pytest.mark.parametrize("groups", GROUPS)
def test_a_group_listens_to_the_first_front_end_or_its_own(groups):
    dut = Sharing(groups)

    async def testbench(ctx):
        for idle in {0, 1, 2**groups - 2, 2**groups - 1, 0x55 % 2**groups}:
            ctx.set(dut.i_idle, idle)
            ctx.set(dut.shared, 0)
            await ctx.tick()
            assert ctx.get(dut.o_idle) == idle
            ctx.set(dut.shared, 1)
            await ctx.tick()
            assert ctx.get(dut.o_idle) == (2**groups - 1 if idle & 1 else 0)

    simulate(dut, testbench)
