"""What a flash is sent, and the bits that it gives."""

from itertools import pairwise

import pytest
from amaranth.sim import Simulator
from flash_model import FlashModel, number

from zeroleap.boards.flash_reader import FlashReader

AT = 0x512344
CONTENT = b"\xa5\x00\xff\x01\x80\x3c"
COMMAND = 32 * FlashReader.CYCLES


def read(drive, at=AT):
    """Run ``drive(ctx, reader)``; the flash, and of each cycle: bit if any, done, clock, select."""
    reader, flash, seen = FlashReader(at), FlashModel(CONTENT, at), []

    async def see(ctx):
        spi = reader.spi
        while True:
            step = ctx.get(spi.i) if ctx.get(reader.step) else None
            seen.append((step, ctx.get(reader.done), ctx.get(spi.clock), ctx.get(spi.select)))
            await ctx.tick()

    async def play(ctx):
        await flash.play(ctx, reader.spi)

    async def testbench(ctx):
        await drive(ctx, reader)

    simulator = Simulator(reader)
    simulator.add_clock(1e-6)
    simulator.add_testbench(play, background=True)
    simulator.add_testbench(see, background=True)
    simulator.add_testbench(testbench)
    simulator.run()
    return flash, seen


async def tick(ctx, reader, cycles):
    """Give a tick after some cycles."""
    for _ in range(cycles):
        await ctx.tick()
    ctx.set(reader.tick, 1)
    await ctx.tick()
    ctx.set(reader.tick, 0)


async def to_data(ctx, reader):
    """Have the commands sent, until the first bit is under way."""
    await tick(ctx, reader, 20)
    await tick(ctx, reader, COMMAND + 20)
    await ctx.tick().repeat(COMMAND)


def bits(content):
    return [byte >> place & 1 for byte in content for place in reversed(range(8))]


def stepped(seen):
    return [step for step, *_ in seen if step is not None]


@pytest.mark.parametrize("at", [AT, 0, 0xFFFFFF])
def test_wakes_and_reads_as_the_data_sheet_has_it(at):
    flash, _ = read(to_data, at)
    wake, command = flash.heard
    assert number(wake[:8]) == 0xAB
    assert number(command) == 0x03 << 24 | at


def test_does_each_at_a_tick_and_lets_go_between():
    _, seen = read(to_data)
    selected = [select for *_, select in seen]
    assert selected[:21] == [0] * 21
    assert selected[21 : 21 + COMMAND] == [1] * COMMAND
    assert selected[21 + COMMAND : 42 + COMMAND] == [0] * 21
    assert all(selected[42 + COMMAND :])


def test_gives_every_bit_in_its_cycles():
    async def drive(ctx, reader):
        await to_data(ctx, reader)
        await ctx.tick().repeat(8 * FlashReader.CYCLES * len(CONTENT))

    _, seen = read(drive)
    assert stepped(seen) == bits(CONTENT)
    steps = [cycle for cycle, (step, *_) in enumerate(seen) if step is not None]
    assert {after - before for before, after in pairwise(steps)} == {8}
    clock = [high for *_, high, _ in seen]
    assert {(clock[cycle], clock[cycle + 1]) for cycle in steps} == {(1, 0)}  # as it falls
    dones = [cycle for cycle, (_, done, *_) in enumerate(seen) if done]
    assert dones == [cycle + 1 for cycle in steps[7::8]]


@pytest.mark.parametrize("after", range(FlashReader.CYCLES))
def test_loses_no_bit_to_a_pause(after):
    async def drive(ctx, reader):
        await to_data(ctx, reader)
        for _ in range(8 * len(CONTENT)):
            for _ in range(after):
                await ctx.tick()
            ctx.set(reader.pause, 1)
            await ctx.tick().repeat(5)
            ctx.set(reader.pause, 0)
            await ctx.tick().repeat(FlashReader.CYCLES - after)

    _, seen = read(drive)
    assert stepped(seen) == bits(CONTENT)


def test_a_pause_stops_clock_and_bits():
    async def drive(ctx, reader):
        await to_data(ctx, reader)
        ctx.set(reader.pause, 1)
        await ctx.tick().repeat(100)

    _, seen = read(drive)
    assert len(set(seen[-99:])) == 1
    assert stepped(seen) == []


def test_lets_go_for_good_at_the_end():
    async def drive(ctx, reader):
        await to_data(ctx, reader)
        ctx.set(reader.end, 1)
        await ctx.tick().repeat(2)
        await tick(ctx, reader, 0)
        await ctx.tick().repeat(100)

    flash, seen = read(drive)
    assert len(flash.heard) == 2
    assert [select for *_, select in seen[-100:]] == [0] * 100
    assert stepped(seen) == []


def test_refuses_an_address_that_no_command_can_say():
    with pytest.raises(ValueError, match=r"address must be in 0..16777215, not 16777216"):
        FlashReader(1 << 24)
