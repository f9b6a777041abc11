"""The sequencer's order of events, cycle by cycle."""

from itertools import pairwise

import pytest
from hardware import simulate

from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile
from zeroleap.hw.sequencer import Sequencer

LOAD = Sequencer.LOAD_CYCLES
STORE = Sequencer.STORE_CYCLES
PARTIAL_SUMS = 5
SCRUB = 8 + 2
"""A bank is as deep as a power of two; and the last address comes two cycles late."""

PART = True
PROGRAM = {
    1: [(11, False)],
    2: [(21, False), (22, False), (23, False), (24, False)],
    3: [(31, PART), (32, PART), (33, False), (34, PART), (35, False), (36, False)],
    4: [(41, PART), (42, False)],
}
"""Tiles of each layer, which are known by their number."""


def cut(opcode, bits):
    """Cut a record into as many words as its kind has."""
    return [bits >> 32 * index & 0xFFFFFFFF for index in range(RECORD_WORDS[opcode])]


def layer_record(number):
    fields = {"opcode": Opcode.LAYER, "pixel_words": number}
    return cut(Opcode.LAYER, Layer.const(fields).as_bits())


def tile_record(number, is_part):
    fields = {"opcode": Opcode.TILE, "input_address": number, "is_part": is_part}
    return cut(Opcode.TILE, Tile.const(fields).as_bits())


def words_of(program):
    records = [[Opcode.END.value]]
    for layer, tiles in reversed(program.items()):
        records[:0] = [layer_record(layer), *(tile_record(*tile) for tile in tiles)]
    return [word for record in records for word in record]


class Bench:
    """A sequencer, and a front end, lanes and a drain that take as long as they are told to.

    Parameters
    ----------
    front, lanes, drain : function of the number of the tile, cycles
        Work of the front end, and of the drain, after their start; and of the lanes, after the
        front end is done with a tile and they are with the one before.
    """

    def __init__(self, front, lanes, drain, words):
        self.dut = Sequencer(PARTIAL_SUMS)
        self.front, self.lanes, self.drain, self.words = front, lanes, drain, words
        self.events = []  # (cycle, what, which)
        self.cycle = 0
        self._front_idle = self._drain_idle = 0  # cycle from which on it is
        self._left = []  # cycle from which on the lanes are done with each tile
        self._drained = 0  # tiles
        self._shown = None  # layer, tile and drained tile a cycle before

    async def tick(self, ctx):
        """Note what happens in this cycle, and go to the next."""
        dut = self.dut
        # In the cycle of its start, a block is idle still.
        ctx.set(dut.front_idle, self.cycle >= self._front_idle)
        ctx.set(dut.drain_idle, self.cycle >= self._drain_idle)
        self._watch(ctx)
        is_done = self._drained < len(self._left) and self.cycle >= self._left[self._drained]
        ctx.set(dut.lanes_done, is_done)
        if ctx.get(dut.store):
            self._note("store", ctx.get(dut.store_index), ctx.get(dut.layer_index))
        address = ctx.get(dut.read_address)
        await ctx.tick()
        self.cycle += 1
        ctx.set(dut.read_data, self.words[address] if address < len(self.words) else 0xDEADBEEF)

    def _watch(self, ctx):
        """Start what is to begin; what is at work may not change."""
        dut = self.dut
        layer = ctx.get(dut.layer.pixel_words)
        tile, drained = (ctx.get(t.input_address) for t in (dut.tile, dut.drained_tile))
        if ctx.get(dut.oldest) != self._drained % 2:
            self._drained += 1
            self._note("free")
        if ctx.get(dut.start_compute):
            self._note("compute", tile, layer)
            assert self.cycle >= self._front_idle, "the front end is at work"
        elif self._shown:
            assert tile == self._shown[1]
        if ctx.get(dut.start_drain):
            self._note("drain", drained, layer)
            assert self.cycle > self._left[self._drained], "the lanes are at work"
            assert self.cycle >= self._drain_idle, "the drain is at work"
            self._drain_idle = self.cycle + 1 + self.drain(drained)
        elif self._shown:
            assert drained == self._shown[2]
        if self._drained < len(self._left):
            assert layer == self._shown[0]
        if ctx.get(dut.start_compute):
            self._front_idle = self.cycle + 1 + self.front(tile)
            if not ctx.get(dut.tile.is_part):
                begins = max([self._front_idle, *self._left[-1:]])
                self._left.append(begins + self.lanes(tile))
        self._shown = layer, tile, drained

    def _note(self, what, *about):
        self.events.append((self.cycle, what, *about))

    async def run(self, ctx, command):
        """Give a command in what is now cycle 0, and wait; return the cycles that it took."""
        begin = self.cycle
        ctx.set(self.dut.command, command)
        ctx.set(self.dut.command_valid, 1)
        self.events.append((begin, "command"))
        await self.tick(ctx)
        ctx.set(self.dut.command_valid, 0)
        ctx.set(self.dut.command, Command.STEP)
        assert ctx.get(self.dut.busy)
        while ctx.get(self.dut.busy):
            await self.tick(ctx)
            assert self.cycle < 10_000
        return self.cycle - begin - 1

    async def scrubbed(self, ctx):
        while ctx.get(self.dut.busy):
            await self.tick(ctx)


def nothing(number):
    return 0


def run(front=nothing, lanes=nothing, drain=nothing, commands=(Command.RUN,), program=PROGRAM):
    """Return the events, their cycles counted from the command before, and the cycles of each."""
    bench = Bench(front, lanes, drain, words_of(program))
    cycles = []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        for command in commands:
            cycles.append(await bench.run(ctx, command))
            for _ in range(3):
                await bench.tick(ctx)  # nothing happens

    simulate(bench.dut, testbench)
    found, zero = [], 0
    for cycle, *event in bench.events:
        zero = cycle if event[0] == "command" else zero
        found.append((cycle - zero, *event))
    return [event for event in found if event[1] != "command"], cycles


def expected_events(front, lanes, drain, program=PROGRAM):
    """Say when everything happens in a run, and how long it takes.

    A record takes effect (``decided``) when it is loaded, the front end is done with the tile
    before, and no other tile is pending if that one, not being a part, will be. Its drain is
    decided when it is pending, the lanes are done and the bank before is free.
    """
    events = []
    decided, left, free = 1 + LOAD[Opcode.LAYER], 0, 0
    following = [Opcode.LAYER] * (len(program) - 1) + [Opcode.END]
    for index, ((layer, tiles), next_kind) in enumerate(
        zip(program.items(), following, strict=True)
    ):
        front_idle = unpending = 0
        before = (None, PART)
        for tile in [*tiles, None]:
            load = LOAD[Opcode.TILE if tile else next_kind]
            decided = max(decided + 1 + load, front_idle)
            number, is_part = before
            if not is_part:
                decided = max(decided, unpending)
                unpending = max(decided + 1, left, free) + 1
                free = unpending + 1 + drain(number) + 1
                events += [(unpending, "drain", number, layer), (free, "free")]
            if tile:
                number, is_part = before = tile
                events.append((decided + 1, "compute", number, layer))
                front_idle = decided + 2 + front(number)
                if not is_part:
                    left = max(front_idle, left) + lanes(number)
        events += [(free + 1 + counter, "store", counter, index) for counter in range(STORE)]
        decided = free + 1 + STORE  # the next layer, or waiting
    return sorted(events), decided - 1


def constant(cycles):
    return lambda number: cycles


def mixed(factor, size):
    return lambda number: number * factor % size


@pytest.mark.parametrize(
    ("front", "lanes", "drain"),
    [
        (nothing, nothing, nothing),
        (constant(60), nothing, constant(3)),
        (constant(3), constant(60), constant(5)),
        (constant(3), constant(5), constant(60)),
        (nothing, constant(100), constant(100)),
        (constant(20), constant(1), constant(23)),
        (mixed(7, 31), mixed(11, 43), mixed(13, 37)),
        (mixed(29, 97), mixed(31, 89), mixed(37, 101)),
    ],
)
def test_everything_happens_as_soon_as_it_may(front, lanes, drain):
    found, [cycles] = run(front, lanes, drain)
    expected, expected_cycles = expected_events(front, lanes, drain)
    assert sorted(found) == expected
    assert cycles == expected_cycles


def test_the_order_by_hand():
    """Long drains: tile 22 is drained last of two that wait, and tile 24 begins only then."""
    events, _ = run(drain=constant(100), program={2: PROGRAM[2]})
    assert [event[1:] for event in events] == [
        ("compute", 21, 2),
        ("compute", 22, 2),  # 21 is pending ...
        ("drain", 21, 2),
        ("compute", 23, 2),  # ... and 22, while 23 is in the front end
        ("free",),
        ("drain", 22, 2),
        ("compute", 24, 2),
        ("free",),
        ("drain", 23, 2),
        ("free",),
        ("drain", 24, 2),
        ("free",),
        *(("store", counter, 0) for counter in range(len(COUNTERS))),
    ]


def test_the_cycles_by_hand():
    """One tile, no work: load the layer and the tile, start, load the end, drain, store."""
    events, [cycles] = run(program={1: PROGRAM[1]})
    layer = 1 + LOAD[Opcode.LAYER]
    start = layer + 1 + LOAD[Opcode.TILE] + 1
    pending = start + LOAD[Opcode.END] + 1
    drain, free = pending + 1, pending + 3
    assert events[:4] == [
        (start, "compute", 11, 1),
        (drain, "drain", 11, 1),
        (free, "free"),
        (free + 1, "store", 0, 0),
    ]
    assert cycles == free + STORE


def test_a_record_is_as_long_as_its_kind():
    assert len({LOAD[opcode] for opcode in Opcode}) == 3
    assert all(LOAD[opcode] == RECORD_WORDS[opcode] + 1 for opcode in Opcode)


def test_parts_are_not_drained_and_wait_for_none():
    """Three parts go through the front end while the lanes are at work on a pending tile."""
    program = {1: [(11, False), (12, PART), (13, PART), (14, PART), (15, False), (16, False)]}
    events, _ = run(lanes=constant(500), program=program)
    assert [number for _, what, number, *_ in filter(of("drain"), events)] == [11, 15, 16]
    starts = {number: cycle for cycle, _, number, *_ in filter(of("compute"), events)}
    drains = {number: cycle for cycle, _, number, *_ in filter(of("drain"), events)}
    numbers = [11, 12, 13, 14, 15]
    assert all(starts[b] - starts[a] == LOAD[Opcode.TILE] + 1 for a, b in pairwise(numbers))
    assert starts[15] < drains[11] < starts[16] < drains[15]


def of(what):
    return lambda event: event[1] == what


@pytest.mark.parametrize("work", [(0, 0, 0), (5, 30, 7), (40, 2, 60)])
def test_steps_layer_by_layer(work):
    """As a run does; the last command finds the end of the program, and takes a cycle."""
    work = [constant(cycles) for cycles in work]
    found, cycles = run(*work, commands=[Command.STEP, *[Command.RESUME] * 4])
    whole, [all_cycles] = run(*work)
    assert [event[1:] for event in found] == [event[1:] for event in whole]
    assert sum(cycles) == all_cycles + 1
    assert cycles[-1] == 1
    layers = [event[-1] for event in found if event[1] == "compute"]
    begins = [event[0] for event in found if event[1] == "compute"]
    # A layer that is resumed takes effect in the first cycle, and its first tile is loaded next.
    for layer in (2, 3, 4):
        assert begins[layers.index(layer)] == 1 + 1 + LOAD[Opcode.TILE] + 1


def test_runs_again_from_the_start():
    """After a run, and after a step, which stops behind the first layer."""
    work = (mixed(7, 31), mixed(11, 43), mixed(13, 37))
    found, cycles = run(*work, commands=[Command.RUN, Command.STEP, Command.RUN])
    whole, all_cycles = expected_events(*work)
    first = whole[: 3 + STORE]
    expected = [*whole, *first, *whole]
    ends = [0, len(whole), len(whole) + len(first), len(found)]
    assert [event for run in pairwise(ends) for event in sorted(found[slice(*run)])] == expected
    assert cycles[0] == cycles[2] == all_cycles


def test_a_program_may_be_empty():
    events, cycles = run(commands=[Command.RUN, Command.STEP], program={})
    assert not events
    assert cycles == [LOAD[Opcode.END] + 1] * 2


def test_scrubs_after_reset():
    bench = Bench(nothing, nothing, nothing, words_of(PROGRAM))
    cycles = []

    async def testbench(ctx):
        while ctx.get(bench.dut.busy):
            assert ctx.get(bench.dut.scrub)
            cycles.append(bench.cycle)
            await bench.tick(ctx)
        assert not ctx.get(bench.dut.scrub)
        await bench.run(ctx, Command.RUN)
        assert not ctx.get(bench.dut.scrub)

    simulate(bench.dut, testbench)
    assert len(cycles) == SCRUB


def test_records_arrive_as_they_were_written():
    """The opcodes apart, every bit is set in the one and clear in the other."""
    layer, tile = ((1 << shape.as_shape().size) - 1 & ~3 for shape in (Layer, Tile))
    part = Tile.const({"is_part": 1}).as_bits()
    records = [layer | Opcode.LAYER.value, tile & ~part | Opcode.TILE.value]
    records += [Opcode.LAYER.value, Opcode.TILE.value]
    kinds = [Opcode.LAYER, Opcode.TILE] * 2
    words = [word for kind, bits in zip(kinds, records, strict=True) for word in cut(kind, bits)]
    bench = Bench(nothing, nothing, nothing, [*words, Opcode.END.value])

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        for command, expected in ((Command.STEP, records[:2]), (Command.RESUME, records[2:])):
            await bench.run(ctx, command)
            dut = bench.dut
            assert [ctx.get(dut.layer.as_value()), ctx.get(dut.tile.as_value())] == expected
            assert ctx.get(dut.drained_tile.as_value()) == expected[1]

    simulate(bench.dut, testbench)
