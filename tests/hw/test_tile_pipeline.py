"""Where each tile is in which cycle, and what of it a group drains."""

import random
from dataclasses import dataclass

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.isa import Layer, Opcode, Tile
from zeroleap.hw.tile_pipeline import TilePipeline

CHANNELS = 6
MASK_14, MASK_22 = 2**14 - 1, 2**22 - 1


@dataclass(frozen=True)
class Job:
    """A tile, and the cycles that front end, lanes and drain need, each from its start on.

    Lanes start with the front end.
    """

    number: int
    front: int = 1
    lanes: int = 1
    drain: int = 1
    is_part: bool = False
    pause: int = 0  # before it is taken, once it may be


def tile(number, channels=CHANNELS, is_part=0, **fields):
    return Tile.const(
        {
            "opcode": Opcode.TILE,
            "is_part": is_part,
            "input_address": number,
            "channels": channels - 1,
            "group_channels": channels,
            **fields,
        }
    )


class Bench:
    """A pipeline, and front end, lanes and drain that take as long as they are told to."""

    def __init__(self, jobs, group=0, shared=0):
        self.dut = TilePipeline(group)
        self.jobs = jobs
        self.shared = shared
        self.by_number = {job.number: job for job in jobs}
        self.events = []

    async def run(self, ctx):
        """Give all tiles; note each start with the tile and ``oldest``, and the end."""
        dut, rest, cycle = self.dut, list(self.jobs), 0
        front = drain = 0  # cycle from which it is idle
        done = {}  # from which the lanes are done with each tile, in order
        ready_since = None
        ctx.set(dut.layer.shared, self.shared)
        assert ctx.get(dut.empty)
        while rest or not ctx.get(dut.empty):
            starts, drains = ctx.get(dut.start_compute), ctx.get(dut.start_drain)
            if starts:
                number = ctx.get(dut.tile.input_address)
                job = self.by_number[number]
                self.events.append((cycle, "compute", number))
                assert ctx.get(dut.tile) == tile(number, is_part=job.is_part)
                front = cycle + job.front
                if not job.is_part:
                    done[number] = cycle + job.lanes
            if drains:
                number = ctx.get(dut.drained_tile.input_address)
                self.events.append((cycle, "drain", number, ctx.get(dut.oldest)))
                drain = cycle + self.by_number[number].drain
                del done[number]
            # In the cycle of a start, all are still idle.
            ctx.set(dut.front_idle, starts or cycle >= front)
            ctx.set(dut.drain_idle, drains or cycle >= drain)
            ctx.set(dut.lanes_done, bool(done) and cycle >= next(iter(done.values())))
            ready = ctx.get(dut.ready)
            ready_since = (cycle if ready_since is None else ready_since) if ready else None
            takes = bool(rest and ready and cycle >= ready_since + rest[0].pause)
            ctx.set(dut.take, takes)
            ctx.set(dut.next_tile, tile(999))
            if takes:
                job = rest.pop(0)
                ctx.set(dut.next_tile, tile(job.number, is_part=job.is_part))
                self.events.append((cycle, "take", job.number))
            await ctx.tick()
            cycle += 1
            assert cycle < 5000
        self.events.append((cycle, "empty"))


def expected(jobs):
    """Tell what happens when: a tile goes on in the cycle after the place before it is done.

    It is taken; the front end starts a cycle later. When that is idle, and no tile is pending, it
    is pending from the next cycle on. When the lanes are done with it, and nothing is drained, its
    drain starts in the next cycle. When that is idle, the next may be drained from the next on.
    """
    events, bank = [], 0
    ready = unpending = written = 0  # first cycles in which a place is free
    for job in jobs:
        take = ready + job.pause
        start = take + 1
        idle = start + job.front
        events += [(take, "take", job.number), (start, "compute", job.number)]
        if job.is_part:
            ready = idle + 1
            continue
        ready = pending = max(idle, unpending) + 1
        drain = max(pending, start + job.lanes, written) + 1
        unpending = drain
        events.append((drain, "drain", job.number, bank))
        written = drain + job.drain + 1
        bank ^= 1
    return sorted([*events, (max(ready, written), "empty")])


def found(jobs, **options):
    bench = Bench(jobs, **options)
    simulate(bench.dut, bench.run)
    return sorted(bench.events)


def random_jobs(seed):
    choose = random.Random(seed)

    def some():
        return choose.choice([1, 2, 5, 20])

    jobs = [
        Job(number, some(), some(), some(), choose.random() < 0.3, choose.choice([0, 0, 1, 9]))
        for number in range(30)
    ]
    return [*jobs, Job(30)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("group", "shared"), [(0, 0), (0, 1), (5, 0)])
def test_a_tile_goes_on_as_soon_as_the_next_place_is_free(seed, group, shared):
    jobs = random_jobs(seed)
    assert found(jobs, group=group, shared=shared) == expected(jobs)


def test_takes_the_cycles_that_it_promises():
    """Front end 4 cycles, lanes 7, drain 3 from their start on."""
    assert found([Job(1, front=4, lanes=7, drain=3)]) == [
        (0, "take", 1),
        (1, "compute", 1),
        (9, "drain", 1, 0),  # the lanes are done in cycle 8
        (13, "empty"),  # the drain in 12
    ]
    assert found([Job(1), Job(2)]) == [
        (0, "take", 1),
        (1, "compute", 1),  # idle in 2, and so pending and ready in 3
        (3, "take", 2),
        (4, "compute", 2),  # idle in 5, pending in 6
        (4, "drain", 1, 0),  # idle in 5
        (7, "drain", 2, 1),
        (9, "empty"),
    ]


def test_three_tiles_are_inside():
    """One is drained, one pending, one in front; a fourth waits until the first is written."""
    jobs = [Job(1, drain=100), Job(2), Job(3), Job(4)]
    events = {event[1:3]: event[0] for event in found(jobs)}
    drained = events["drain", 1]
    assert events["compute", 3] < drained + 20
    written = drained + 100 + 1
    assert events["drain", 2] == written + 1
    assert events["take", 4] == events["drain", 2] + 1


def test_a_part_is_neither_pending_nor_drained():
    """It leaves the front end although another tile is pending; the lanes are not asked."""
    jobs = [Job(1, lanes=100), Job(2, is_part=True), Job(3, is_part=True), Job(4), Job(5)]
    events = found(jobs)
    assert [event[2:] for event in events if event[1] == "drain"] == [(1, 0), (4, 1), (5, 0)]
    cycles = {event[1:3]: event[0] for event in events}
    assert cycles["take", 4] < cycles["drain", 1] < cycles["take", 5]


FIELDS = {
    "y": {"inputs": 0xFFF, "last": 0x123},
    "x": {"last": 0xEDC, "psum": 0xFFF},
    "words": 0xABC,
    "weights": 0x9_8765,
}
SHARES = {
    # group: channels of the tile, of each group; first of the group, how many it has
    0: [(1, 4, 0, 1), (4, 4, 0, 4), (5, 4, 0, 4), (64, 8, 0, 8), (2**14, 2048, 0, 2048)],
    1: [(5, 4, 4, 1), (8, 4, 4, 4), (9, 4, 4, 4), (100, 52, 52, 48), (2**14, 8192, 8192, 8192)],
    2: [(9, 4, 8, 1), (36, 12, 24, 12), (200, 60, 120, 60), (170, 60, 120, 50)],
    3: [(13, 4, 12, 1), (2**14, 4096, 12288, 4096), (2**14 - 3, 4096, 12288, 4093)],
    5: [(24, 4, 20, 4), (23, 4, 20, 3), (2**14, 2048, 10240, 2048)],
    7: [(29, 4, 28, 1), (64, 8, 56, 8), (2**14, 2048, 14336, 2048), (61, 8, 56, 5)],
}


async def drain_one(ctx, dut, given, shared, operand_step=0):
    """Bring a tile from front to drain, all at once; return the cycles in which it starts."""
    layer = {"shared": shared, "operand_channel_bytes": operand_step}
    ctx.set(dut.layer, Layer.const(layer))
    ctx.set(dut.next_tile, given)
    ctx.set(dut.take, 1)
    for port in (dut.front_idle, dut.lanes_done, dut.drain_idle):
        ctx.set(port, 1)
    await ctx.tick()
    ctx.set(dut.take, 0)
    ctx.set(dut.next_tile, 0)
    starts, cycle = [], 1
    before = ctx.get(dut.oldest)
    while not ctx.get(dut.empty):
        if ctx.get(dut.start_drain):
            starts.append(cycle)
            assert ctx.get(dut.oldest) == before
        await ctx.tick()
        cycle += 1
        assert cycle < 20
    assert ctx.get(dut.oldest) != before
    return starts


def with_place(channels, of_group):
    place = {"output_address": 0x2A_5A5B, "operand_address": 0x15_A5A6, "parameters": 0x1235}
    return {**FIELDS, **place, "group_channels": of_group % 2**14, "channels": channels - 1}


@pytest.mark.parametrize("operand_step", [0, 1])
@pytest.mark.parametrize("group", SHARES)
def test_a_group_drains_its_share_of_a_shared_tile(group, operand_step):
    """An operand that is one for all channels is one for all groups."""
    dut = TilePipeline(group)

    async def testbench(ctx):
        for channels, of_group, first, count in SHARES[group]:
            fields = with_place(channels, of_group)
            assert await drain_one(ctx, dut, Tile.const(fields), 1, operand_step) == [4]
            operand_address = fields["operand_address"] + operand_step * first
            of_the_group = {
                **fields,
                "channels": count - 1,
                "output_address": fields["output_address"] + first & MASK_22,
                "operand_address": operand_address & MASK_22,
                "parameters": fields["parameters"] + first & MASK_14,
            }
            assert ctx.get(dut.drained_tile) == Tile.const(of_the_group)
            assert ctx.get(dut.tile) == Tile.const(fields)

    simulate(dut, testbench)


@pytest.mark.parametrize("group", [0, 1, 7])
def test_a_group_drains_all_of_a_tile_of_its_own(group):
    """Whatever ``group_channels`` says."""
    dut = TilePipeline(group)

    async def testbench(ctx):
        for channels, of_group in ((1, 4), (100, 16), (2**14, 2048), (9, 0)):
            given = Tile.const(with_place(channels, of_group))
            assert await drain_one(ctx, dut, given, shared=0, operand_step=1) == [4]
            assert ctx.get(dut.drained_tile) == given

    simulate(dut, testbench)


@pytest.mark.parametrize(
    ("group", "channels", "of_group"),
    [(1, 4, 4), (1, 1, 8), (2, 8, 4), (3, 10, 4), (7, 28, 4), (7, 4, 4), (6, 41, 8)],
)
def test_a_group_without_channels_drains_nothing(group, channels, of_group):
    """It waits for its lanes all the same, and then goes on with the other bank."""
    dut = TilePipeline(group)

    async def testbench(ctx):
        given = Tile.const(with_place(channels, of_group))
        for _ in range(3):
            assert await drain_one(ctx, dut, given, shared=1) == []
        # The lanes keep it.
        before = ctx.get(dut.oldest)
        ctx.set(dut.lanes_done, 0)
        ctx.set(dut.take, 1)
        ctx.set(dut.next_tile, given)
        await ctx.tick()
        ctx.set(dut.take, 0)
        await ctx.tick().repeat(10)
        assert ctx.get(dut.oldest) == before
        assert not ctx.get(dut.empty)
        ctx.set(dut.lanes_done, 1)
        await ctx.tick()
        ctx.set(dut.lanes_done, 0)
        await ctx.tick()
        assert ctx.get(dut.oldest) != before
        assert ctx.get(dut.empty)
        # The next is drained, as if nothing had been.
        ctx.set(dut.lanes_done, 1)
        full = Tile.const(with_place(8 * of_group, of_group))
        assert await drain_one(ctx, dut, full, shared=1) == [4]

    simulate(dut, testbench)
