"""Activations and program in one memory: neither is in the other's way, by one port."""

from hardware import simulate

from zeroleap.hw.common_memory import CommonMemory

ACTIVATIONS, PROGRAM = 20, 11
"""Words, of 32 that there are."""


async def fill(ctx, dut):
    """As the host does: activation 0x100 + n, then instruction 0x200 + n."""
    ctx.set(dut.host, 1)
    for enable, count, base in (
        (dut.host_write_enable, ACTIVATIONS, 0x100),
        (dut.host_program_write, PROGRAM, 0x200),
    ):
        ctx.set(enable, 1)
        for address in range(count):
            ctx.set(dut.host_address, address)
            ctx.set(dut.host_write_data, base + address)
            await ctx.tick()
        ctx.set(enable, 0)


def test_what_the_host_wrote_is_read_by_each():
    dut = CommonMemory(ACTIVATIONS, PROGRAM)
    found = {"host": [], "program": [], "fetch": []}

    async def testbench(ctx):
        await fill(ctx, dut)
        for name, enable, address, count in (
            ("host", dut.host_read_enable, dut.host_address, ACTIVATIONS),
            ("program", dut.program_read, dut.program_address, PROGRAM),
            ("fetch", dut.fetch_select, dut.fetch_address[0], ACTIVATIONS),
        ):
            ctx.set(dut.host, name == "host")
            ctx.set(enable, 1)
            for word in range(count):
                ctx.set(address, word)
                await ctx.tick()
                found[name].append(ctx.get(dut.read_data))
            ctx.set(enable, 0)

    simulate(dut, testbench)
    assert found["host"] == found["fetch"] == [0x100 + n for n in range(ACTIVATIONS)]
    assert found["program"] == [0x200 + n for n in range(PROGRAM)]


def test_a_word_stays_and_bytes_are_written_apart():
    dut = CommonMemory(ACTIVATIONS, PROGRAM)

    async def testbench(ctx):
        await fill(ctx, dut)
        ctx.set(dut.host, 0)
        ctx.set(dut.fetch_select, 1)
        ctx.set(dut.fetch_address[0], 7)
        await ctx.tick()
        ctx.set(dut.fetch_select, 0)
        ctx.set(dut.fetch_address[0], 8)
        ctx.set(dut.write_back_address[0], 7)
        ctx.set(dut.write_back_data[0], 0xAABBCCDD)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.read_data) == 0x107
        ctx.set(dut.write_back_enable[0], 0b0110)
        await ctx.tick()
        ctx.set(dut.write_back_enable[0], 0)
        ctx.set(dut.fetch_select, 1)
        for address, expected in ((7, 0x00BBCC07), (8, 0x108), (6, 0x106)):
            ctx.set(dut.fetch_address[0], address)
            await ctx.tick()
            assert ctx.get(dut.read_data) == expected

    simulate(dut, testbench)
