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


@pytest.mark.parametrize("enable", [0b0001, 0b0110, 0b1000, 0b1111, 0b0000])
def test_bytes_are_written_apart(enable):
    dut = Scratchpad(16)

    async def testbench(ctx):
        ctx.set(dut.host, 1)
        ctx.set(dut.host_address, 9)
        ctx.set(dut.host_write_enable, 1)
        ctx.set(dut.host_write_data, 0x11223344)
        await ctx.tick()
        ctx.set(dut.host, 0)
        ctx.set(dut.write_back_enable, enable)
        ctx.set(dut.write_back_address, 9)
        ctx.set(dut.write_back_data, 0xAABBCCDD)
        await ctx.tick()
        ctx.set(dut.write_back_enable, 0)
        ctx.set(dut.fetch_enable, 1)
        ctx.set(dut.fetch_address, 9)
        await ctx.tick()
        old, new = (word.to_bytes(4, "little") for word in (0x11223344, 0xAABBCCDD))
        expected = [new[byte] if enable >> byte & 1 else old[byte] for byte in range(4)]
        assert list(ctx.get(dut.read_data).to_bytes(4, "little")) == expected

    simulate(dut, testbench)


@pytest.mark.parametrize("host", [0, 1])
def test_only_one_side_of_the_scratchpad_counts(host):
    """The host's word goes to 1 and its read is of 3; the engine's are 2 and 4."""
    dut = Scratchpad(8)

    async def testbench(ctx):
        ctx.set(dut.host, 1)
        ctx.set(dut.host_write_enable, 1)
        for address in range(8):
            ctx.set(dut.host_address, address)
            ctx.set(dut.host_write_data, 100 + address)
            await ctx.tick()
        ctx.set(dut.host, host)
        ctx.set(dut.host_address, 1)
        ctx.set(dut.host_write_data, 0xF0)
        ctx.set(dut.write_back_enable, 0b1111)
        ctx.set(dut.write_back_address, 2)
        ctx.set(dut.write_back_data, 0x0F)
        await ctx.tick()
        ctx.set(dut.host_write_enable, 0)
        ctx.set(dut.write_back_enable, 0)
        ctx.set(dut.host_address, 3)
        ctx.set(dut.host_read_enable, host)
        ctx.set(dut.fetch_enable, not host)
        ctx.set(dut.fetch_address, 4)
        await ctx.tick()
        assert ctx.get(dut.read_data) == (103 if host else 104)
        ctx.set(dut.host_read_enable, not host)  # the other side's word for it counts for nothing
        ctx.set(dut.fetch_enable, host)
        ctx.set(dut.host_address, 7)
        ctx.set(dut.fetch_address, 7)
        await ctx.tick()
        assert ctx.get(dut.read_data) == (103 if host else 104)
        ctx.set(dut.host, 1)
        ctx.set(dut.host_read_enable, 1)
        found = []
        for address in (1, 2):
            ctx.set(dut.host_address, address)
            await ctx.tick()
            found.append(ctx.get(dut.read_data))
        assert found == ([0xF0, 102] if host else [101, 0x0F])

    simulate(dut, testbench)


ENTRIES = {
    2: {"bias": -(2**31), "multiplier": 2**31 - 1, "left_shift": 31, "right_shift": 0},
    5: {"bias": 2**31 - 1, "multiplier": 2**30, "left_shift": 0, "right_shift": 31},
    6: {"bias": -1, "multiplier": 0, "left_shift": 21, "right_shift": 10},
}
ROUTES = {2: {"lane": 63, "slot": 0}, 5: {"lane": 0, "slot": 4095}, 6: {"lane": 42, "slot": 1365}}


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
