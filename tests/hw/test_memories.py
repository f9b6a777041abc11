"""The memories: who reads and writes what, and when the word comes."""

import pytest
from hardware import simulate

from zeroleap.hw.isa import PARAMETER_WORDS, Parameter, Route
from zeroleap.hw.memories import ParameterMemory, Scratchpad, WordMemory


def test_a_word_comes_a_cycle_later_and_stays_until_the_next_read():
    dut = WordMemory(16)

    async def testbench(ctx):
        for address in (3, 4):
            ctx.set(dut.write_enable, 1)
            ctx.set(dut.write_address, address)
            ctx.set(dut.write_data, 0xABCD_0000 + address)
            await ctx.tick()
        ctx.set(dut.write_enable, 0)
        ctx.set(dut.write_address, 3)
        ctx.set(dut.write_data, 0)
        ctx.set(dut.read_enable, 1)
        ctx.set(dut.read_address, 3)
        await ctx.tick()
        assert ctx.get(dut.read_data) == 0xABCD_0003
        ctx.set(dut.read_enable, 0)
        ctx.set(dut.read_address, 4)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.read_data) == 0xABCD_0003
        ctx.set(dut.read_enable, 1)
        await ctx.tick()
        assert ctx.get(dut.read_data) == 0xABCD_0004

    simulate(dut, testbench)


def test_two_words_are_read_together():
    """Any of them is the word, and the odd one the last; a word is written by itself."""
    dut = WordMemory(16, granularity=8, together=2)

    async def testbench(ctx):
        expected = [0x0101_0000 * address for address in range(16)]
        for address, word in enumerate(expected):
            ctx.set(dut.write_enable, 0b1111)
            ctx.set(dut.write_address, address)
            ctx.set(dut.write_data, word)
            await ctx.tick()
        for address in (4, 9):
            ctx.set(dut.write_enable, 0b0101)
            ctx.set(dut.write_address, address)
            ctx.set(dut.write_data, 0xFFAA_FFBB)
            expected[address] = expected[address] & 0xFF00_FF00 | 0x00AA_00BB
            await ctx.tick()
        ctx.set(dut.write_enable, 0)
        for address in (*range(16), 9, 4, 15, 0):
            ctx.set(dut.read_enable, 1)
            ctx.set(dut.read_address, address)
            await ctx.tick()
            ctx.set(dut.read_enable, 0)
            ctx.set(dut.read_address, address ^ 3)
            for _ in range(2):
                assert ctx.get(dut.read_data) == expected[address]
                assert ctx.get(dut.last_data) == expected[address | 1]
                await ctx.tick()

    simulate(dut, testbench)


async def fill(ctx, dut, data):
    """Write words from address 0 on, as the host does."""
    ctx.set(dut.host, 1)
    ctx.set(dut.host_write_enable, 1)
    for address, word in enumerate(data):
        ctx.set(dut.host_address, address)
        ctx.set(dut.host_write_data, word)
        await ctx.tick()
    ctx.set(dut.host_write_enable, 0)


async def read_back(ctx, dut, addresses):
    """Read words as the host does."""
    ctx.set(dut.host, 1)
    found = []
    for address in addresses:
        ctx.set(dut.host_address, address)
        await ctx.tick()
        ctx.set(dut.host_address, ~address)
        await ctx.tick()
        found.append(ctx.get(dut.read_data))
    return found


async def write_back(ctx, dut, groups, group, enable, address, data):
    """Write a word as one of the groups, while the others offer theirs in vain.

    The data come in the cycle after this, in which they are stored.
    """
    ctx.set(dut.host, 0)
    for each in range(groups):
        ctx.set(dut.write_back_enable[each], enable if each == group else 0)
        ctx.set(dut.write_back_address[each], address if each == group else each)
    await ctx.tick()
    for each in range(groups):
        ctx.set(dut.write_back_data[each], data if each == group else 0x5555_5555)
    ctx.set(dut.write_back_enable[group], 0)


async def settle(ctx, dut):
    """Let the last write-back be stored before the host comes."""
    ctx.set(dut.host, 0)
    await ctx.tick()


@pytest.mark.parametrize("group", [0, 2, 3])
@pytest.mark.parametrize("enable", [0b0001, 0b0110, 0b1000, 0b1111, 0b0000])
def test_bytes_are_written_apart(enable, group):
    dut = Scratchpad(16, 4)

    async def testbench(ctx):
        await fill(ctx, dut, [0x11223344] * 16)
        await write_back(ctx, dut, 4, group, enable, 9, 0xAABBCCDD)
        await settle(ctx, dut)
        old, new = (word.to_bytes(4, "little") for word in (0x11223344, 0xAABBCCDD))
        expected = [new[byte] if enable >> byte & 1 else old[byte] for byte in range(4)]
        found = await read_back(ctx, dut, range(16))
        assert list(found.pop(9).to_bytes(4, "little")) == expected
        assert found == [0x11223344] * 15

    simulate(dut, testbench)


@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize("groups", [1, 2, 8])
def test_any_group_may_read_and_any_other_write(groups, together):
    """In the same cycle; the addresses of those that do neither count for nothing."""
    dut = Scratchpad(64, groups, together)
    expected = [0x1000 + address for address in range(64)]

    async def testbench(ctx):
        await fill(ctx, dut, expected)
        ctx.set(dut.host, 0)
        for step in range(2 * groups):
            reader, writer = step % groups, (3 * step + 1) % groups
            ctx.set(dut.fetch_select, 1 << reader)
            for group in range(groups):
                ctx.set(dut.fetch_address[group], 10 + 3 * group)
            await write_back(ctx, dut, groups, writer, 0b1111, 40 + step, step)
            address = 10 + 3 * reader
            await ctx.tick()
            assert ctx.get(dut.read_data) == expected[address]
            assert ctx.get(dut.last_data) == expected[address | together - 1]
            expected[40 + step] = step
        await settle(ctx, dut)
        assert await read_back(ctx, dut, range(64)) == expected

    simulate(dut, testbench)


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("host", [0, 1])
def test_only_one_side_of_the_scratchpad_counts(host, groups):
    """The host's word goes to 1 and its read is of 3; the engine's are 2 and 4."""
    dut, group = Scratchpad(8, groups), groups - 1

    async def testbench(ctx):
        await fill(ctx, dut, range(100, 108))
        ctx.set(dut.host, host)
        ctx.set(dut.host_write_enable, 1)
        ctx.set(dut.host_address, 1)
        ctx.set(dut.host_write_data, 0xF0)
        ctx.set(dut.write_back_enable[group], 0b1111)
        ctx.set(dut.write_back_address[group], 2)
        await ctx.tick()
        ctx.set(dut.host_write_enable, 0)
        ctx.set(dut.write_back_data[group], 0x0F)
        ctx.set(dut.write_back_enable[group], 0)
        ctx.set(dut.host_address, 3)
        ctx.set(dut.fetch_select, 1 << group)
        ctx.set(dut.fetch_address[group], 4)
        await ctx.tick().repeat(2)
        assert ctx.get(dut.read_data) == (103 if host else 104)
        assert await read_back(ctx, dut, (1, 2)) == ([0xF0, 102] if host else [101, 0x0F])

    simulate(dut, testbench)


def test_the_last_word_of_the_scratchpad_has_a_place():
    """Of 2**18, the most that there can be."""
    dut = Scratchpad(2**18, 2)
    last, other = 2**18 - 1, 2**17 - 1

    async def testbench(ctx):
        await write_back(ctx, dut, 2, 0, 0b1111, last, 77)
        await write_back(ctx, dut, 2, 1, 0b1111, other, 88)
        await settle(ctx, dut)
        for group, address, word in ((0, other, 88), (1, last, 77)):
            ctx.set(dut.fetch_select, 1 << group)
            ctx.set(dut.fetch_address[group], address)
            await ctx.tick()
            ctx.set(dut.fetch_address[group], 0)
            await ctx.tick()
            assert ctx.get(dut.read_data) == word
        assert await read_back(ctx, dut, (last, other)) == [77, 88]

    simulate(dut, testbench)


ENTRIES = {
    2: {"bias": -(2**31), "multiplier": 2**31 - 1, "left_shift": 31, "right_shift": 0},
    5: {"bias": 2**31 - 1, "multiplier": 2**30, "left_shift": 0, "right_shift": 31},
    6: {"bias": -1, "multiplier": 0, "left_shift": 21, "right_shift": 10},
}
ROUTES = {2: {"lane": 127, "slot": 0}, 5: {"lane": 0, "slot": 2047}, 6: {"lane": 42, "slot": 1365}}


async def write_parameters(ctx, dut):
    """Write three words of each parameter, its route as the fourth; then offer another in vain."""
    ctx.set(dut.write_enable, 1)
    for entry, fields in ENTRIES.items():
        bits = Parameter.const(fields).as_bits() | Route.const(ROUTES[entry]).as_bits() << 96
        for word in range(PARAMETER_WORDS):
            ctx.set(dut.write_address, PARAMETER_WORDS * entry + word)
            ctx.set(dut.write_data, bits >> 32 * word & 0xFFFFFFFF)
            await ctx.tick()
    ctx.set(dut.write_enable, 0)
    for word in range(PARAMETER_WORDS):
        ctx.set(dut.write_address, PARAMETER_WORDS * 5 + word)
        ctx.set(dut.write_data, 0x5555_5555)
        await ctx.tick()


@pytest.mark.parametrize("has_routes", [False, True])
def test_a_parameter_is_written_word_by_word(has_routes):
    dut = ParameterMemory(8, has_routes=has_routes)

    async def testbench(ctx):
        await write_parameters(ctx, dut)
        for entry, fields in ENTRIES.items():
            ctx.set(dut.read_address, entry)
            ctx.set(dut.route_address, 7)
            await ctx.tick()
            assert ctx.get(dut.read_data) == Parameter.const(fields)

    simulate(dut, testbench)


@pytest.mark.parametrize("parameter", ENTRIES)
@pytest.mark.parametrize("route", ROUTES)
def test_a_route_is_read_apart_from_parameters(route, parameter):
    dut = ParameterMemory(8, has_routes=True)

    async def testbench(ctx):
        await write_parameters(ctx, dut)
        ctx.set(dut.read_address, parameter)
        ctx.set(dut.route_address, route)
        await ctx.tick()
        assert ctx.get(dut.route) == Route.const(ROUTES[route])
        assert ctx.get(dut.read_data) == Parameter.const(ENTRIES[parameter])

    simulate(dut, testbench)


def test_the_last_parameter_has_a_place():
    """Of 2**14, the most that there can be."""
    dut = ParameterMemory(2**14, has_routes=True)

    async def testbench(ctx):
        ctx.set(dut.write_enable, 1)
        for entry in (2**14 - 1, 2**13 - 1):
            for word in (0, PARAMETER_WORDS - 1):
                ctx.set(dut.write_address, PARAMETER_WORDS * entry + word)
                ctx.set(dut.write_data, entry)
                await ctx.tick()
        for entry in (2**14 - 1, 2**13 - 1):
            ctx.set(dut.read_address, entry)
            ctx.set(dut.route_address, entry)
            await ctx.tick()
            assert ctx.get(dut.read_data.bias) == entry
            assert ctx.get(dut.route.as_value()) == entry

    simulate(dut, testbench)
