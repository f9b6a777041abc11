"""The operand of each value of a tile, and the words that are read for it."""

import random
from dataclasses import dataclass

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.operand import Operand

NOTHING = 0x55AA_33CC
"""What is at the SRAM's output while others read."""


def byte_at(address):
    """Each byte of the memory, signed: neighbours differ, and so do words."""
    return (29 * address + address // 4 * 3 + address // 512 + 7) % 256 - 128


def word_at(address):
    return sum((byte_at(4 * address + byte) & 0xFF) << 8 * byte for byte in range(4))


@dataclass(frozen=True)
class Job:
    """A tile and its operand; steps of 0 repeat it. Addresses are in bytes."""

    first: int
    rows: int
    columns: int
    channels: int
    row_bytes: int
    pixel_bytes: int
    channel_bytes: int = 1

    def layer(self):
        names = ("row_bytes", "pixel_bytes", "channel_bytes")
        return {f"operand_{name}": getattr(self, name) for name in names}

    def tile(self):
        return {
            "x": {"last": self.columns - 1},
            "channels": self.channels - 1,
            "operand_address": self.first,
        }

    def places(self):
        """Return (channel, address) of each value, in order."""
        steps = self.row_bytes, self.pixel_bytes, self.channel_bytes
        return [
            (channel, self.first + row * steps[0] + column * steps[1] + channel * steps[2])
            for row in range(self.rows)
            for column in range(self.columns)
            for channel in range(self.channels)
        ]


class Bench:
    """An operand's reader, and a memory that shows a word for one cycle only."""

    def __init__(self, frame, late=True):
        self.dut = Operand(frame, late=late)
        self.frame = frame
        self.on_their_way = [NOTHING] if late else []
        self.cycle = 0
        self.expected = {}  # the value of a cycle

    async def tick(self, ctx, ask=0):
        """Go on by a cycle; return the word that is asked for."""
        dut = self.dut
        if self.cycle in self.expected:
            assert ctx.get(dut.value) == self.expected[self.cycle]
        self.cycle += 1
        ctx.set(dut.ask, ask)
        read = ctx.get(dut.read_address) if ctx.get(dut.read_enable) else None
        await ctx.tick()
        ctx.set(dut.ask, 0)
        self.on_their_way.append(NOTHING if read is None else word_at(read))
        ctx.set(dut.read_data, self.on_their_way.pop(0))
        return read

    async def start(self, ctx, job):
        ctx.set(self.dut.layer, job.layer())
        ctx.set(self.dut.tile, job.tile())
        ctx.set(self.dut.start, 1)
        assert await self.tick(ctx) is None
        ctx.set(self.dut.start, 0)

    async def check(self, ctx, job, pauses, count=None):
        """Ask for each value, after so many cycles each; ``count`` values, or all."""
        await self.start(ctx, job)
        for channel, address in job.places()[:count]:
            comes = self.cycle + Operand.LATENCY
            self.expected |= dict.fromkeys((comes, comes + 1), byte_at(address))
            read = await self.tick(ctx, ask=1)
            assert read == (address // 4 if channel % self.frame == 0 else None)
            for _ in range(3 + pauses()):
                assert await self.tick(ctx) is None
        while self.cycle <= max(self.expected):
            assert await self.tick(ctx) is None


def random_job(seed):
    choose = random.Random(seed)
    rows, columns = choose.randrange(1, 5), choose.randrange(1, 5)
    steps = (
        choose.choice([0, 4 * choose.randrange(99)]),
        choose.choice([0, 12]),
        choose.choice([0, 1]),
    )
    return Job(4 * choose.randrange(2**16), rows, columns, choose.randrange(1, 12), *steps)


CORNERS = [
    Job(0, 1, 1, 1, 4, 4),
    Job(4 * 77, 3, 2, 9, 40, 12),
    Job(4 * 77, 3, 2, 9, 0, 12),
    Job(4 * 5, 2, 3, 4, 64, 0),
    Job(4 * 5 + 3, 2, 3, 6, 64, 8, 0),  # the last byte of a word, for all channels
    Job(4 * 9 + 2, 2, 2, 5, 0, 0, 0),
    Job(2**22 - 2**12, 2, 2, 8, 256, 8),
    *(random_job(seed) for seed in SEEDS),
]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("frame", [1, 2, 4])
@pytest.mark.parametrize("job", CORNERS)
def test_gives_the_operand_of_each_value(job, frame, late):
    """A value every 4 cycles, and so a word for each frame."""
    bench = Bench(frame, late)

    async def testbench(ctx):
        await bench.check(ctx, job, pauses=lambda: 0)

    simulate(bench.dut, testbench)
    assert Operand.LATENCY == 4


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("frame", [1, 2, 4])
def test_keeps_the_word_for_as_long_as_it_takes(frame, late):
    bench, choose = Bench(frame, late), random.Random(frame)

    async def testbench(ctx):
        for job in CORNERS[1:6]:
            await bench.check(ctx, job, pauses=lambda: choose.randrange(9))

    simulate(bench.dut, testbench)


def test_the_next_tile_begins_with_a_word():
    """Also where the one before was left within a frame, a pixel or a row."""
    bench = Bench(4)

    async def testbench(ctx):
        for count in (1, 2, 5, 10, 12):
            for job in CORNERS[1:4]:
                await bench.check(ctx, job, pauses=lambda: 0, count=count)

    simulate(bench.dut, testbench)


def test_a_pixel_by_hand():
    """Five channels from byte 1 of word 100 on, which are a frame of 4 and one of 1."""
    dut = Operand(4)
    words = {100: 0x04_03_FE_01, 101: 0x08_07_06_05}
    found, read = [], []

    async def testbench(ctx):
        ctx.set(dut.layer, {"operand_channel_bytes": 0, "operand_pixel_bytes": 5})
        ctx.set(dut.tile, {"x": {"last": 1}, "channels": 1, "operand_address": 401})
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        for ask in (1, 1, 1, 1, 0):
            ctx.set(dut.ask, ask)
            is_read, address = ctx.get(dut.read_enable), ctx.get(dut.read_address)
            read.append(address if is_read else None)
            await ctx.tick()
            found.append(ctx.get(dut.value))  # of the cycle before the last three
            ctx.set(dut.ask, 0)
            await ctx.tick()
            ctx.set(dut.read_data, words[address] if is_read else 0)
            await ctx.tick()
            ctx.set(dut.read_data, 0)

    simulate(dut, testbench)
    assert read == [100, None, 101, None, None]
    assert found[1:] == [-2, -2, 7, 7]


def test_a_pixel_may_have_as_many_channels_as_can_be():
    """2**14, then the next one begins with a word."""
    bench = Bench(4)
    job = Job(8, 1, 2, 2**14, 0, 2**15)

    async def testbench(ctx):
        await bench.start(ctx, job)
        for _ in range(2**14):
            ctx.set(bench.dut.ask, 1)
            await ctx.tick()
        ctx.set(bench.dut.ask, 0)
        await bench.tick(ctx)
        assert await bench.tick(ctx, ask=1) == 2 + 2**13
        for _ in range(Operand.LATENCY - 1):
            await bench.tick(ctx)
        assert ctx.get(bench.dut.value) == byte_at(8 + 2**15)

    simulate(bench.dut, testbench)
