"""The order in which sums leave the lanes, and what is cleared behind them."""

import random
from dataclasses import dataclass, replace

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.drain import Drain
from zeroleap.hw.isa import Combination
from zeroleap.hw.lane import Lane

PARAMETER = 40
DEPTH = 300


@dataclass(frozen=True)
class Job:
    """A tile of sums in some lanes; by default, pixels follow one another."""

    lanes: int
    rows: int
    columns: int
    channels: int
    uniform: bool = False
    gap: int = 0
    combination: Combination = Combination.NONE
    scatters: bool = False

    @property
    def slots(self):
        return -(-self.channels // self.lanes)

    @property
    def steps(self):
        """Partial sums from a row to the next, and from a pixel to the next."""
        return self.columns * self.slots + self.gap, self.slots

    def layer(self):
        down, across = self.steps
        return {
            "uniform_parameters": self.uniform,
            "combination": self.combination,
            "scatters": self.scatters,
            "y": {"psum_step": down},
            "x": {"psum_step": across},
        }

    def tile(self):
        return {
            "y": {"last": self.rows - 1},
            "x": {"last": self.columns - 1},
            "channels": self.channels - 1,
            "parameters": PARAMETER,
        }

    def places(self, route=None):
        """Return where each sum is, in order: address and lane. ``route`` is for each entry."""
        down, across = self.steps
        for row in range(self.rows):
            for column in range(self.columns):
                for channel in range(self.channels):
                    slot, lane = divmod(channel, self.lanes)
                    if route and not self.uniform:
                        slot, lane = route[PARAMETER + channel]
                    yield row * down + column * across + slot, lane


@dataclass(frozen=True)
class Turn:
    """When a frame of so many channels may begin; cycles are counted from that of ``start``."""

    frame: int = 1
    first: int = 0
    period: int = 1

    def comes(self, cycle):
        return (cycle - self.first) % self.period == 0

    def issues(self, job):
        """Return the cycle in which each channel begins."""
        interval = 1 if job.combination is Combination.NONE else 4
        found, cycle = [], 1
        for index in range(job.rows * job.columns * job.channels):
            if job.scatters or index % job.channels % self.frame == 0:
                while not self.comes(cycle):
                    cycle += 1
            found.append(cycle)
            cycle += interval
        return found


ALWAYS = Turn()


@pytest.fixture(params=[False, True], ids=["sums of all", "sum of one"], autouse=True)
def are_masked(request, monkeypatch):
    """Lanes that show all their sums, and lanes of which only the one that clears shows its sum."""
    monkeypatch.setattr(Bench, "are_masked", request.param)


def _ones(bits):
    return [index for index in range(bits.bit_length()) if bits >> index & 1]


class Bench:
    """A drain, and lanes whose sums are all different."""

    are_masked = False

    def __init__(self, lanes, turn=ALWAYS, route=None, has_routes=None):
        has_routes = route is not None if has_routes is None else has_routes
        self.dut = Drain(lanes, frame=turn.frame, has_routes=has_routes, are_masked=self.are_masked)
        self.turn, self.route, self.lanes = turn, route or {}, lanes
        self.memory = [
            [64 * address + lane + 1 for lane in range(lanes)] for address in range(DEPTH)
        ]
        self.before = [row[:] for row in self.memory]
        self.read = [[0] * lanes] * Lane.DRAIN_LATENCY

    async def drain(self, ctx, job):
        """Drain a tile; return sums, the cycle of each, parameters, and the cycle of idle."""
        dut, sums, cycles, parameters = self.dut, [], [], []
        assert ctx.get(dut.idle)
        ctx.set(dut.layer, job.layer())
        ctx.set(dut.tile, job.tile())
        ctx.set(dut.start, 1)
        entry = None
        for cycle in range(5000):
            ctx.set(dut.may_begin, self.turn.comes(cycle))
            if ctx.get(dut.valid):
                sums.append(ctx.get(dut.sum))
                cycles.append(cycle)
                parameters.append(entry)
            entry = ctx.get(dut.parameter)  # of the sum of the next cycle
            routed, read = ctx.get(dut.route_parameter), ctx.get(dut.read)
            clear, enable = ctx.get(dut.clear), ctx.get(dut.clear_enable)
            row = self.memory[read][:] if read < DEPTH else [-1] * self.lanes
            for lane in range(self.lanes):
                if enable >> lane & 1:
                    assert self.memory[clear][lane] != 0, "cleared again"
                    self.memory[clear][lane] = 0
                    row[lane] = row[lane] if clear != read else -1  # nobody knows what is read
            await ctx.tick()
            ctx.set(dut.start, 0)
            self.read = [*self.read[1:], row]
            shown = range(self.lanes) if not self.are_masked else _ones(enable)
            ctx.set(dut.sums, [self.read[0][n] if n in shown else 0 for n in range(self.lanes)])
            slot, lane = self.route.get(routed, (0x2BC, 63))
            ctx.set(dut.route, {"slot": slot, "lane": lane})
            if ctx.get(dut.idle):
                return sums, cycles, parameters, cycle + 1
        raise AssertionError("never idle")

    def check(self, job, found):
        """Compare all, and what is left in the lanes."""
        sums, cycles, parameters, idle = found
        places = list(job.places(self.route))
        assert sums == [self.before[address][lane] for address, lane in places]
        assert cycles == [cycle + Drain.LATENCY for cycle in self.turn.issues(job)]
        assert idle == cycles[-1] + 1
        assert parameters == [
            PARAMETER + (0 if job.uniform else index % job.channels) for index in range(len(places))
        ]
        for address, row in enumerate(self.memory):
            for lane, value in enumerate(row):
                is_left = (address, lane) not in places
                assert value == (self.before[address][lane] if is_left else 0)


def check(job, turn=ALWAYS, route=None, has_routes=None):
    bench = Bench(job.lanes, turn, route, has_routes)

    async def testbench(ctx):
        bench.check(job, await bench.drain(ctx, job))

    simulate(bench.dut, testbench)


CORNERS = [
    Job(1, 1, 1, 1),
    Job(1, 2, 3, 4),
    Job(3, 3, 2, 7, gap=5),
    Job(4, 3, 1, 3, uniform=True),
    Job(8, 2, 2, 8, uniform=True, gap=1),
    Job(8, 1, 3, 17, gap=3),
    Job(64, 2, 1, 70),
]
TURNS = [ALWAYS, Turn(2, 1, 2), Turn(4, 2, 4), Turn(4, 7, 8), Turn(4, 0, 5)]


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("job", CORNERS)
def test_gives_every_sum_once_and_clears_it(job, turn):
    check(job, turn)


def test_begins_a_pixel_and_a_frame_when_it_may():
    """Two pixels of 5 channels in 2 lanes; frames of 4, in cycles 3, 11, 19 and 27."""
    bench = Bench(2, Turn(4, 3, 8))

    async def testbench(ctx):
        sums, cycles, *_ = await bench.drain(ctx, Job(2, 1, 2, 5))
        # In order of channels; 64 an address, one a lane.
        pixel = [1, 2, 65, 66, 129]
        assert sums == pixel + [3 * 64 + each for each in pixel]
        begun = [3, 4, 5, 6, 11, 19, 20, 21, 22, 27]
        assert cycles == [cycle + 5 for cycle in begun]

    simulate(bench.dut, testbench)
    assert Drain.LATENCY == 5


COMBINED_TURNS = [Turn(1, 1, 4), Turn(2, 5, 8), Turn(4, 13, 16), Turn(4, 5, 32), Turn(4, 0, 5)]


@pytest.mark.parametrize("turn", [ALWAYS, *COMBINED_TURNS])
@pytest.mark.parametrize("job", CORNERS)
def test_gives_a_sum_every_4_cycles_if_values_are_combined(job, turn):
    """Each once, as otherwise; whatever they are combined for."""
    kinds = [kind for kind in Combination if kind is not Combination.NONE]
    check(replace(job, combination=kinds[job.channels % len(kinds)]), turn)


def test_begins_combined_frames_when_it_may():
    """Two pixels of 3 channels in 2 lanes; frames of 2, in cycles 5, 13, 21 and 29."""
    bench = Bench(2, Turn(2, 5, 8))

    async def testbench(ctx):
        job = Job(2, 1, 2, 3, combination=Combination.MAXIMUM)
        sums, cycles, *_ = await bench.drain(ctx, job)
        assert sums == [1, 2, 65, 129, 130, 193]
        assert cycles == [cycle + 5 for cycle in (5, 9, 13, 21, 25, 29)]

    simulate(bench.dut, testbench)


def test_a_layer_that_combines_does_not_delay_the_next():
    """Its last sum begins in 9; the next layer's first in the second cycle from its start."""
    bench = Bench(2)

    async def testbench(ctx):
        for kind in (Combination.ADD, Combination.NONE) * 2:
            bench.memory = [row[:] for row in bench.before]
            job = Job(2, 1, 1, 3, combination=kind)
            bench.check(job, await bench.drain(ctx, job))

    simulate(bench.dut, testbench)


@pytest.mark.parametrize("turn", [ALWAYS, *TURNS[2:], *COMBINED_TURNS])
@pytest.mark.parametrize("job", CORNERS)
def test_each_value_that_is_scattered_begins_when_it_may(job, turn):
    check(replace(job, scatters=True), turn)
    check(replace(job, scatters=True, combination=Combination.ADD), turn)


ROUTES = {
    PARAMETER + channel: place
    for channel, place in enumerate([(1, 2), (0, 3), (1, 3), (0, 0), (0, 2), (1, 1), (0, 1)])
}
"""Slot and lane of 7 channels in 4 lanes."""


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("job", [Job(4, 2, 3, 7, gap=40), Job(4, 3, 1, 7)])
def test_a_route_tells_where_a_sum_is(job, turn):
    check(job, turn, ROUTES)


def test_without_parameters_of_their_own_channels_are_dealt_in_turn():
    check(Job(4, 2, 2, 7, uniform=True), route=ROUTES)


def test_a_drain_without_routes_does_not_look_at_them():
    check(Job(4, 2, 2, 7), route={}, has_routes=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_tiles_follow_one_another(seed):
    """Also where the one before ends within a frame, or has routes."""
    choose = random.Random(seed)
    turn = choose.choice(TURNS)
    bench = Bench(4, turn, ROUTES)

    async def testbench(ctx):
        for index in range(6):
            uniform = bool(index % 2)
            channels = choose.randrange(1, 30) if uniform else 7
            job = Job(4, choose.randrange(1, 4), choose.randrange(1, 4), channels, uniform, 50)
            bench.memory = [row[:] for row in bench.before]
            bench.check(job, await bench.drain(ctx, job))
            for _ in range(choose.randrange(4)):
                assert not ctx.get(bench.dut.valid)
                assert not ctx.get(bench.dut.clear_enable)
                await ctx.tick()

    simulate(bench.dut, testbench)


def test_addresses_have_all_their_bits():
    """3 pixels in 2 rows; only the addresses are looked at. They are modulo 2**12."""
    dut = Drain(2, has_routes=True)
    read, entries = [], []

    async def testbench(ctx):
        ctx.set(dut.layer, {"y": {"psum_step": 0xA01}, "x": {"psum_step": 0x702}})
        ctx.set(
            dut.tile,
            {"y": {"last": 1}, "x": {"last": 2}, "channels": 0, "parameters": 0x2FFF},
        )
        ctx.set(dut.may_begin, 1)
        ctx.set(dut.route, {"slot": 0x400, "lane": 1})
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        for cycle in range(1, 12):
            if 3 <= cycle < 9:
                read.append(ctx.get(dut.read))
            if ctx.get(dut.clear_enable):
                assert ctx.get(dut.clear_enable) == 0b10
                entries.append(ctx.get(dut.clear))
            await ctx.tick()

    simulate(dut, testbench)
    assert read == [0x400, 0xB02, 0x204, 0xE01, 0x503, 0xC05]
    assert entries == read


def test_the_longest_tile_has_room():
    """2**14 channels; and their last parameter."""
    dut = Drain(64, has_routes=False)
    found = []

    async def testbench(ctx):
        ctx.set(dut.tile, {"channels": 2**14 - 1, "parameters": 0})
        ctx.set(dut.may_begin, 1)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        while not ctx.get(dut.idle):
            found.append(ctx.get(dut.parameter))
            await ctx.tick()

    simulate(dut, testbench)
    assert len(found) == 2**14 + Drain.LATENCY
    assert max(found) == 2**14 - 1


def test_scrubs_one_sum_after_the_other():
    dut = Drain(2, has_routes=False)
    cleared = []

    async def testbench(ctx):
        ctx.set(dut.scrub, 1)
        for _ in range(2**12):
            await ctx.tick()
            assert not ctx.get(dut.valid)
            cleared.append(ctx.get(dut.clear))

    simulate(dut, testbench)
    assert sorted(cleared) == list(range(2**12))
