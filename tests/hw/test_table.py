"""A value's entry, or the value itself, a cycle later."""

import random

import pytest
from hardware import simulate

from zeroleap.hw.table import Table

VALUES = [0, -1, 127, -128, 5, 5, -77, 64, -65, 1]


def entries(table):
    """Return a function that is none of the values itself, and another for each table."""
    return [(37 * value + 91 * table + 11) % 256 - 128 for value in range(256)]


async def load(ctx, dut, tables):
    for table in range(tables):
        for place, entry in enumerate(entries(table)):
            ctx.set(dut.load_enable, 1)
            ctx.set(dut.load_address, 256 * table + place)
            ctx.set(dut.load_data, entry)
            await ctx.tick()
    ctx.set(dut.load_enable, 0)
    ctx.set(dut.load_data, 99)


async def look_up(ctx, dut, values):
    """Give a value a cycle, None in vain; return what came out, and hold time and gaps right."""
    found = []
    for index, value in enumerate([*values, None]):
        ctx.set(dut.i_valid, value is not None)
        ctx.set(dut.i, 33 if value is None else value)
        before = values[index - 1] if index else None
        assert ctx.get(dut.o_valid) == (before is not None)
        if before is not None:
            found.append(ctx.get(dut.o))
        await ctx.tick()
    assert not ctx.get(dut.o_valid)
    return found


@pytest.mark.parametrize("table", [0, 1, 2])
def test_looks_up_in_the_table_of_the_layer(table):
    dut = Table(3)
    values = list(range(-128, 128))
    random.Random(table).shuffle(values)

    async def testbench(ctx):
        await load(ctx, dut, 3)
        ctx.set(dut.layer, {"looks_up": 1, "table": table})
        assert await look_up(ctx, dut, values) == [entries(table)[v + 128] for v in values]

    simulate(dut, testbench)
    assert Table.LATENCY == 1


@pytest.mark.parametrize("tables", [0, 1, 3])
def test_leaves_values_of_other_layers(tables):
    dut = Table(tables)

    async def testbench(ctx):
        await load(ctx, dut, tables)
        ctx.set(dut.layer, {"looks_up": 0, "table": 1})
        assert await look_up(ctx, dut, VALUES) == VALUES

    simulate(dut, testbench)


@pytest.mark.parametrize("looks_up", [0, 1])
def test_gaps_stay_gaps(looks_up):
    dut = Table(1)
    values = [value for pair in zip(VALUES, [None, 3] * 5, strict=True) for value in pair]

    async def testbench(ctx):
        await load(ctx, dut, 1)
        ctx.set(dut.layer.looks_up, looks_up)
        given = [value for value in values if value is not None]
        expected = [entries(0)[value + 128] for value in given] if looks_up else given
        assert await look_up(ctx, dut, values) == expected

    simulate(dut, testbench)


def test_as_many_tables_as_can_be():
    """The last of 64, and no other in its place."""
    dut = Table(64)

    async def testbench(ctx):
        ctx.set(dut.load_enable, 1)
        for table in range(64):
            ctx.set(dut.load_address, 256 * table + 255)
            ctx.set(dut.load_data, table - 32)
            await ctx.tick()
        ctx.set(dut.load_enable, 0)
        ctx.set(dut.layer.looks_up, 1)
        for table in (63, 31, 0, 32):
            ctx.set(dut.layer.table, table)
            assert await look_up(ctx, dut, [127]) == [table - 32]

    simulate(dut, testbench)


def test_nothing_is_stored_without_enable():
    dut = Table(1)

    async def testbench(ctx):
        await load(ctx, dut, 1)
        ctx.set(dut.load_address, 128)
        await ctx.tick()
        ctx.set(dut.layer.looks_up, 1)
        assert await look_up(ctx, dut, [0]) == [entries(0)[128]]

    simulate(dut, testbench)
