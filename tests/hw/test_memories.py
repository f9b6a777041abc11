"""The memories: who reads and writes what, and when the word comes."""

import pytest
from hardware import simulate

from zeroleap.hw.isa import Parameter
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


def test_a_parameter_is_written_word_by_word():
    dut = ParameterMemory(8)
    entries = {
        2: {"bias": -(2**31), "multiplier": 2**31 - 1, "left_shift": 31, "right_shift": 0},
        5: {"bias": 2**31 - 1, "multiplier": 2**30, "left_shift": 0, "right_shift": 31},
        6: {"bias": -1, "multiplier": 0, "left_shift": 21, "right_shift": 10},
    }

    async def testbench(ctx):
        ctx.set(dut.write_enable, 1)
        for entry, fields in entries.items():
            bits = Parameter.const(fields).as_bits()
            for word in range(4):  # there is no fourth
                ctx.set(dut.write_address, 4 * entry + word)
                ctx.set(dut.write_data, bits >> 32 * word & 0xFFFFFFFF if word < 3 else 0xDEAD)
                await ctx.tick()
        ctx.set(dut.write_enable, 0)
        ctx.set(dut.write_address, 4 * 5)
        ctx.set(dut.write_data, 0)
        for entry, fields in entries.items():
            ctx.set(dut.read_address, entry)
            await ctx.tick()
            assert ctx.get(dut.read_data) == Parameter.const(fields)

    simulate(dut, testbench)
