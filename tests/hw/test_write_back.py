"""Where and when each value of a tile is written."""

import random
from dataclasses import dataclass

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.write_back import WriteBack


@dataclass(frozen=True)
class Job:
    """A tile of output; addresses are in bytes."""

    base: int
    rows: int
    columns: int
    channels: int
    row_bytes: int
    pixel_bytes: int
    channel_bytes: int = 1

    def addresses(self):
        steps = self.row_bytes, self.pixel_bytes, self.channel_bytes
        return [
            self.base + row * steps[0] + column * steps[1] + channel * steps[2]
            for row in range(self.rows)
            for column in range(self.columns)
            for channel in range(self.channels)
        ]

    def layer(self):
        names = ("row_bytes", "pixel_bytes", "channel_bytes")
        return {f"output_{name}": getattr(self, name) for name in names}

    def tile(self):
        return {
            "x": {"last": self.columns - 1},
            "channels": self.channels - 1,
            "output_address": self.base,
        }


class Bench:
    """A write-back, the memory that it leaves, and the cycle in which each byte is written."""

    def __init__(self, *, gathers=True, holds=False):
        self.dut = WriteBack(gathers=gathers, holds=holds)
        self.memory, self.written = {}, {}
        self.cycle = 0
        self.holds, self.awaited = holds, {}  # bytes whose data are to come, by address

    async def tick(self, ctx, value=None, may_write=True):
        dut = self.dut
        ctx.set(dut.valid, value is not None)
        ctx.set(dut.value, 0x55 if value is None else value)
        ctx.set(dut.may_write, may_write)
        enable, word = ctx.get(dut.write_enable), ctx.get(dut.write_address)
        assert may_write or not enable, "written in the turn of others"
        own = {4 * word + byte: byte for byte in range(4) if enable >> byte & 1}
        stored, self.awaited = (self.awaited, own) if self.holds else (own, {})
        for address, byte in stored.items():
            assert address not in self.memory, "written again"
            self.memory[address] = ctx.get(dut.write_data) >> 8 * byte & 0xFF
        self.written |= dict.fromkeys(own, self.cycle)
        await ctx.tick()
        self.cycle += 1

    async def start(self, ctx, job):
        assert ctx.get(self.dut.idle)
        ctx.set(self.dut.layer, job.layer())
        ctx.set(self.dut.tile, job.tile())
        ctx.set(self.dut.start, 1)
        await self.tick(ctx)
        ctx.set(self.dut.start, 0)


def values_of(job, seed=0):
    choose = random.Random(seed)
    return [choose.randrange(-128, 128) for _ in job.addresses()]


def random_job(seed):
    choose = random.Random(seed)
    rows, columns, channels = (choose.randrange(1, 8) for _ in range(3))
    pixel_bytes = channels + choose.randrange(9)
    row_bytes = columns * pixel_bytes + choose.randrange(50)
    return Job(choose.randrange(2**18), rows, columns, channels, row_bytes, pixel_bytes)


CORNERS = [
    Job(0, 1, 1, 1, 4, 4),
    Job(4 * 77 + 3, 3, 1, 1, 4, 4),
    Job(2**22 - 512, 2, 3, 6, 40, 8),
    Job(0x15_5555, 2, 2, 2, 0x2A_AAA1, 0x5555),  # beyond the end, and so from 0 on
    Job(33, 2, 3, 4, 12, 4, 0x3F_FFF7),  # channels far apart, and backwards
    *(random_job(seed) for seed in SEEDS),
]


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("gathers", [True, False])
@pytest.mark.parametrize("gaps", [0.0, 0.6])
@pytest.mark.parametrize("job", CORNERS)
def test_a_value_is_written_in_its_cycle_if_it_may(job, gaps, gathers, holds):
    bench, cycles, pause = Bench(gathers=gathers, holds=holds), [], random.Random(1)
    values = values_of(job)

    async def testbench(ctx):
        await bench.start(ctx, job)
        for value in values:
            while pause.random() < gaps:
                await bench.tick(ctx)
            cycles.append(bench.cycle)
            await bench.tick(ctx, value)
            assert ctx.get(bench.dut.idle)
        await bench.tick(ctx)

    simulate(bench.dut, testbench)
    addresses = [address % 2**22 for address in job.addresses()]
    assert bench.memory == {a: v & 0xFF for a, v in zip(addresses, values, strict=True)}
    assert list(bench.written.items()) == list(zip(addresses, cycles, strict=True))


def by_frames(job, frame):
    """Return how many values come together, one frame after the other."""
    for _ in range(job.rows * job.columns):
        for first in range(0, job.channels, frame):
            yield min(frame, job.channels - first)


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize(("groups", "frame"), [(2, 2), (4, 4), (8, 4)])
@pytest.mark.parametrize("channels", [1, 3, 4, 5, 12, 14])
def test_gathers_a_frame_until_it_may_write(channels, groups, frame, holds):
    """A frame begins once in ``groups`` cycles, and its turn is the last of ``frame`` cycles."""
    job = Job(64, 2, 3, channels, 80, 20)
    bench, values = Bench(holds=holds), values_of(job, channels)
    turns = []

    async def testbench(ctx):
        await bench.start(ctx, job)
        rest = list(values)
        for count in by_frames(job, frame):
            for cycle in range(groups):
                is_turn = cycle == frame - 1
                if is_turn:
                    turns.extend([bench.cycle] * count)
                is_waiting = cycle > 0 and cycle < frame
                assert ctx.get(bench.dut.idle) == (not is_waiting)
                await bench.tick(ctx, rest.pop(0) if cycle < count else None, is_turn)
        assert ctx.get(bench.dut.idle)
        await bench.tick(ctx)

    simulate(bench.dut, testbench)
    addresses = job.addresses()
    assert bench.memory == {a: v & 0xFF for a, v in zip(addresses, values, strict=True)}
    assert list(bench.written.items()) == list(zip(addresses, turns, strict=True))


def test_bytes_of_a_word_go_together_as_late_as_they_may():
    """Bytes 1 and 2 of word 16 come first, then byte 3, and with it all may be written."""
    bench, job = Bench(), Job(65, 1, 1, 3, 64, 64)
    dut = bench.dut

    async def testbench(ctx):
        await bench.start(ctx, job)
        await bench.tick(ctx, 0x11, may_write=False)
        assert not ctx.get(dut.idle)
        await bench.tick(ctx, -2, may_write=False)
        for _ in range(3):
            assert not ctx.get(dut.idle)
            await bench.tick(ctx, may_write=False)
        ctx.set(dut.valid, 1)
        ctx.set(dut.value, 0x33)
        ctx.set(dut.may_write, 1)
        assert ctx.get(dut.write_enable) == 0b1110
        assert ctx.get(dut.write_address) == 16
        assert ctx.get(dut.write_data) >> 8 == 0x33FE11
        await bench.tick(ctx, 0x33)
        assert ctx.get(dut.idle)
        await bench.tick(ctx)

    simulate(dut, testbench)
    assert bench.memory == {65: 0x11, 66: 0xFE, 67: 0x33}


def test_the_next_tile_begins_anew():
    """The first is left within a row; what waits is written before the next."""
    first, second = Job(8, 2, 2, 3, 32, 4), Job(1002, 1, 2, 2, 16, 8)
    bench = Bench()

    async def testbench(ctx):
        await bench.start(ctx, first)
        for value in (1, 2, 3, 4):
            await bench.tick(ctx, value)
        await bench.start(ctx, second)
        for value in (5, 6, 7, 8):
            await bench.tick(ctx, value)

    simulate(bench.dut, testbench)
    assert bench.memory == {8: 1, 9: 2, 10: 3, 12: 4, 1002: 5, 1003: 6, 1010: 7, 1011: 8}


def test_a_pixel_may_have_as_many_channels_as_can_be():
    """2**14, and then the next pixel."""
    job = Job(0, 1, 2, 2**14, 2**16, 2**15)
    bench = Bench()

    async def testbench(ctx):
        ctx.set(bench.dut.layer, job.layer())
        ctx.set(bench.dut.tile, job.tile())
        ctx.set(bench.dut.start, 1)
        await bench.tick(ctx)
        ctx.set(bench.dut.start, 0)
        ctx.set(bench.dut.valid, 1)
        ctx.set(bench.dut.may_write, 1)
        await ctx.tick().repeat(2**14)
        await bench.tick(ctx, 9)

    simulate(bench.dut, testbench)
    assert bench.memory == {2**15: 9}
