"""The addresses of a tile's values, in order."""

import random
from dataclasses import dataclass

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.map_walker import MapWalker


@dataclass(frozen=True)
class Job:
    """A tile in a map; addresses are in bytes."""

    first: int
    rows: int
    columns: int
    channels: int
    row_bytes: int
    pixel_bytes: int
    channel_bytes: int = 1

    def addresses(self):
        return [
            (
                self.first
                + row * self.row_bytes
                + column * self.pixel_bytes
                + channel * self.channel_bytes
            )
            % 2**22
            for row in range(self.rows)
            for column in range(self.columns)
            for channel in range(self.channels)
        ]

    def tile(self):
        return {"x": {"last": self.columns - 1}, "channels": self.channels - 1}


async def start(ctx, dut, job):
    """Start in a cycle of its own; ``first`` is looked at in no other."""
    ctx.set(dut.tile, job.tile())
    for field in ("row_bytes", "pixel_bytes", "channel_bytes"):
        ctx.set(getattr(dut, field), getattr(job, field))
    ctx.set(dut.first, job.first)
    ctx.set(dut.start, 1)
    await ctx.tick()
    ctx.set(dut.start, 0)
    ctx.set(dut.first, 0x2A_AAAA)


async def walk(ctx, dut, count, advances=lambda: True):
    """Return ``count`` addresses, and hold each equal to the last until ``advance``."""
    found = []
    while len(found) < count:
        address, goes_on = ctx.get(dut.address), advances()
        ctx.set(dut.advance, goes_on)
        await ctx.tick()
        if goes_on:
            found.append(address)
        else:
            assert ctx.get(dut.address) == address
    ctx.set(dut.advance, 0)
    return found


def random_job(seed):
    choose = random.Random(seed)
    sizes = [choose.randrange(1, 7) for _ in range(3)]
    steps = [choose.randrange(2**22) for _ in range(3)]
    return Job(choose.randrange(2**22), *sizes, *steps)


CORNERS = [
    Job(7, 1, 1, 1, 40, 4),
    Job(64, 3, 2, 5, 32, 8),
    Job(1001, 2, 3, 4, 0, 16),  # a row again
    Job(13, 2, 3, 2, 12, 0),  # a pixel again
    Job(13, 2, 2, 3, 12, 4, 0),  # a channel again
    Job(2**22 - 1, 2, 2, 3, 0, 0, 0),  # a value
    Job(2**22 - 3, 2, 2, 2, 0x2A_AAA1, 0x5555),  # beyond the end, and so from 0 on
    Job(900, 3, 2, 3, 4, 2**22 - 8, 64),  # rows within pixels, backwards, within channels
    *(random_job(seed) for seed in SEEDS),
]


@pytest.mark.parametrize("gaps", [0.0, 0.6])
@pytest.mark.parametrize("job", CORNERS)
def test_goes_from_value_to_value(job, gaps):
    dut, pause, found = MapWalker(), random.Random(1), []

    async def testbench(ctx):
        await start(ctx, dut, job)
        count = len(job.addresses())
        found.extend(await walk(ctx, dut, count, lambda: pause.random() >= gaps))

    simulate(dut, testbench)
    assert found == job.addresses()


def test_two_rows_by_hand():
    """Of two pixels with three channels each."""
    dut, found = MapWalker(), []

    async def testbench(ctx):
        await start(ctx, dut, Job(100, 2, 2, 3, 32, 8))
        found.extend(await walk(ctx, dut, 12))

    simulate(dut, testbench)
    assert found == [100, 101, 102, 108, 109, 110, 132, 133, 134, 140, 141, 142]


def test_the_next_tile_begins_anew():
    """Within a row or a pixel of the one before; also where that one is to advance."""
    dut = MapWalker()
    jobs = CORNERS[1:4]

    async def testbench(ctx):
        for left in (1, 4, 8):
            for job in jobs:
                await start(ctx, dut, job)
                assert await walk(ctx, dut, left) == job.addresses()[:left]
                ctx.set(dut.advance, left == 4)

    simulate(dut, testbench)


def test_the_largest_tile_has_room():
    """2**14 channels and then the next pixel; 2**12 pixels and then the next row."""
    dut = MapWalker()

    async def last_of(ctx, job, values):
        await start(ctx, dut, job)
        ctx.set(dut.advance, 1)
        await ctx.tick().repeat(values)
        ctx.set(dut.advance, 0)
        return ctx.get(dut.address)

    async def testbench(ctx):
        deep = Job(5, 2, 2, 2**14, 2**17, 2**15)
        assert await last_of(ctx, deep, 2**14 - 1) == 5 + 2**14 - 1
        assert await last_of(ctx, deep, 2**14) == 5 + 2**15
        wide = Job(3, 2, 2**12, 1, 2**21 + 9, 8)
        assert await last_of(ctx, wide, 2**12 - 1) == 3 + 8 * (2**12 - 1)
        assert await last_of(ctx, wide, 2**12) == 3 + 2**21 + 9

    simulate(dut, testbench)
