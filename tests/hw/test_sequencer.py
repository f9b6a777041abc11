"""The sequencer's order of events, cycle by cycle, and who takes a tile."""

import random

import pytest
from hardware import SEEDS, simulate
from records import END, layer, tile, words

from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile
from zeroleap.hw.sequencer import Sequencer

MASK = 2**32 - 1
PARTIAL_SUMS = 5
LOAD = {kind: words + 2 for kind, words in RECORD_WORDS.items()}
"""Cycles to read a record: two more than it has words."""


def program_of(groups):
    """Return layers of all kinds: parts of two tiles in turn, and groups that are not in turn."""
    one, other = 1 % groups, groups - 1
    return [
        layer(1),
        tile(11),
        layer(2),
        *(tile(21), tile(22), tile(23), tile(24)),
        layer(3, shared=1),
        *(tile(31), tile(32)),
        layer(4),
        *(tile(41, other, 1), tile(42, one, 1), tile(43, other, 1), tile(44, one)),
        *(tile(45, other), tile(46), tile(47, 0), tile(48, 0), tile(49)),
        layer(5, shared=1),
        *(tile(51, 0, 1), tile(52), tile(53, one)),
        END,
    ]


class Work:
    """How long each group works at a tile: until it is ready, and then until it is empty."""

    def __init__(self, groups, times):
        self.groups = groups
        self._times = times
        self._ready, self._empty = [0] * groups, [0] * groups  # from this cycle on

    def take(self, groups, number, cycle):
        """Begin in the next cycle."""
        for group in groups:
            front, back = self._times(group, number)
            self._ready[group] = cycle + 1 + front
            self._empty[group] = max(self._empty[group], self._ready[group]) + back

    def ready(self, cycle):
        return [group for group in range(self.groups) if cycle >= self._ready[group]]

    def empty(self, cycle):
        return [group for group in range(self.groups) if cycle >= self._empty[group]]


def expected(program, work, steps=False):
    """Tell what happens in which cycle, counted from the first that is busy.

    A record is read, and then waits until it may take effect, for a cycle at least. ``END`` and
    every layer but the first end a layer; then they take effect themselves, after the counters.
    """
    events, ends = [], []
    cycle, index, of = 0, None, None
    for record in program:
        kind = Opcode(record.opcode)
        cycle += LOAD[kind]
        if kind == Opcode.TILE:
            number, takers = record.input_address, []
            while not takers:
                ready = work.ready(cycle)
                if of.shared:
                    takers = ready if len(ready) == work.groups else []
                else:
                    may = {record.group} if record.is_bound else set(ready)
                    takers = [each for each in ready if each in may][:1]
                cycle += 1
            work.take(takers, number, cycle - 1)
            events.append((cycle - 1, "take", number, of.pixel_words, takers))
            continue
        while len(work.empty(cycle)) < work.groups:
            cycle += 1
        if of is not None:
            events += [
                (cycle + 1 + counter, "store", index, counter) for counter in range(len(COUNTERS))
            ]
            cycle += 1 + len(COUNTERS)
            if steps or kind == Opcode.END:
                ends.append(cycle)
        index = 0 if index is None else index + 1
        if kind == Opcode.LAYER:
            of = record
            events.append((cycle, "layer", record.pixel_words))
            cycle += 1
    return events, ends


class Bench:
    """A sequencer, its program, and groups that work as long as they are told to."""

    def __init__(self, work, program=None):
        self.dut = Sequencer(PARTIAL_SUMS, work.groups)
        self.work = work
        self.program = words(program or program_of(work.groups))
        self.events = []
        self.cycle = 0

    async def tick(self, ctx):
        """Note what happens in this cycle, and go to the next."""
        dut, groups = self.dut, range(self.work.groups)
        ctx.set(dut.ready, sum(1 << group for group in self.work.ready(self.cycle)))
        ctx.set(dut.empty, sum(1 << group for group in self.work.empty(self.cycle)))
        take = ctx.get(dut.take)
        if take:
            number, takers = ctx.get(dut.tile.input_address), [g for g in groups if take >> g & 1]
            about = number, ctx.get(dut.layer.pixel_words), takers
            self.events.append((self.cycle, "take", *about))
            self.work.take(takers, number, self.cycle)
        if ctx.get(dut.store):
            about = ctx.get(dut.layer_index), ctx.get(dut.store_index)
            self.events.append((self.cycle, "store", *about))
        address, starts = ctx.get(dut.read_address), ctx.get(dut.starts_layer)
        await ctx.tick()
        if starts:
            self.events.append((self.cycle, "layer", ctx.get(dut.layer.pixel_words)))
        self.cycle += 1
        ctx.set(dut.read_data, self.program[address] if address < len(self.program) else 0xDEAD)

    async def run(self, ctx, command, first=0):
        """Give a command and wait for the end; ``first`` is the number of the first busy cycle."""
        self.cycle = first - 1
        assert not ctx.get(self.dut.busy)
        ctx.set(self.dut.command, command)
        ctx.set(self.dut.command_valid, 1)
        await self.tick(ctx)
        ctx.set(self.dut.command_valid, 0)
        ctx.set(self.dut.command, Command.STEP)
        assert ctx.get(self.dut.busy)
        while ctx.get(self.dut.busy):
            await self.tick(ctx)
            assert self.cycle < 20_000
        return self.cycle

    async def scrubbed(self, ctx):
        while ctx.get(self.dut.busy):
            await self.tick(ctx)


def run(groups, times, program=None):
    """Run a program as a whole; return what happened, and the cycles."""
    bench, cycles = Bench(Work(groups, times), program), []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        cycles.append(await bench.run(ctx, Command.RUN))

    simulate(bench.dut, testbench)
    return bench.events, cycles


def taken(events):
    return {event[2]: event[4] for event in events if event[1] == "take"}


def random_times(seed):
    """Some groups are faster than the program is read, and some slower, at random."""

    def times(group, number):
        choose = random.Random(f"{seed} {group} {number}")
        return choose.choice([0, 9, 40, 100]), choose.choice([0, 9, 40, 100])

    return times


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_each_record_takes_effect_as_soon_as_it_may(groups, seed):
    times = random_times(seed)
    assert run(groups, times) == expected(program_of(groups), Work(groups, times))


def test_takes_the_cycles_that_it_promises():
    """A layer of one tile, whose group is ready in the next cycle, and empty 7 later."""
    found, [end] = run(1, lambda *_: (1, 6), [layer(1), tile(11), END])
    layer_begins = RECORD_WORDS[Opcode.LAYER] + 2
    begins = layer_begins + 1 + RECORD_WORDS[Opcode.TILE] + 2
    empty = begins + 8
    assert found == [
        (layer_begins, "layer", 1),
        (begins, "take", 11, 1, [0]),
        *((empty + 1 + counter, "store", 0, counter) for counter in range(4)),
    ]
    assert end == empty + 5
    assert {*Sequencer.LOAD_CYCLES.items()} == {*LOAD.items()}
    assert Sequencer.STORE_CYCLES == 4


def test_the_first_group_that_is_ready_takes_a_tile():
    """Group 0 needs long for the first tile, group 1 for the second, group 0 is then the first."""
    times = {21: (60, 0), 22: (500, 0)}
    found, _ = run(4, lambda _, number: times.get(number, (0, 0)))
    assert [taken(found)[number] for number in (21, 22, 23, 24)] == [[0], [1], [2], [2]]


def test_a_bound_tile_waits_for_its_group():
    """The parts of a tile go to group 1, those of another to group 2; others are ready in vain."""
    tiles = [tile(41, 1, 1), tile(42, 2, 1), tile(43, 1), tile(44, 2), tile(45), tile(46, 3)]
    times = {41: (70, 0), 42: (200, 0), 43: (90, 0), 44: (0, 0), 45: (0, 0), 46: (0, 0)}
    found, _ = run(4, lambda _, number: times[number], [layer(4), *tiles, END])
    assert taken(found) == {41: [1], 42: [2], 43: [1], 44: [2], 45: [0], 46: [3]}
    cycles = {event[2]: event[0] for event in found if event[1] == "take"}
    later = 1 + LOAD[Opcode.TILE]
    assert cycles[42] == cycles[41] + later
    assert cycles[43] == cycles[41] + 71
    assert cycles[44] == cycles[42] + 201
    assert cycles[45] == cycles[44] + later
    assert cycles[46] == cycles[45] + later


def test_a_shared_tile_waits_for_the_last_group():
    found, _ = run(4, lambda group, number: (100 if (group, number) == (2, 31) else 0, 0))
    assert taken(found)[31] == taken(found)[32] == [0, 1, 2, 3]
    cycles = {event[2]: event[0] for event in found if event[1] == "take"}
    assert cycles[32] == cycles[31] + 101


@pytest.mark.parametrize("last", [0, 1, 3])
def test_a_layer_ends_when_the_last_group_is_empty(last):
    found, _ = run(4, lambda group, number: (0, 300 if (group, number) == (last, 31) else 0))
    begun = next(event[0] for event in found if event[1:3] == ("take", 31))
    stored = [event[0] for event in found if event[1:3] == ("store", 2)]
    assert stored == [begun + 302 + counter for counter in range(4)]


def test_steps_layer_by_layer():
    times = random_times(5)
    bench = Bench(Work(2, times))
    ends = []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        ends.append(await bench.run(ctx, Command.STEP))
        for _ in range(4):
            ends.append(await bench.run(ctx, Command.RESUME, first=ends[-1]))

    simulate(bench.dut, testbench)
    assert (bench.events, ends) == expected(program_of(2), Work(2, times), steps=True)


def test_runs_again_from_the_start():
    bench = Bench(Work(2, lambda *_: (5, 7)))
    ends = []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        for command in (Command.RUN, Command.STEP, Command.RUN):
            bench.work = Work(2, lambda *_: (5, 7))
            ends.append(await bench.run(ctx, command))

    simulate(bench.dut, testbench)
    whole, [end] = expected(program_of(2), Work(2, lambda *_: (5, 7)))
    step, _ = expected([layer(1), tile(11), END], Work(2, lambda *_: (5, 7)))
    assert bench.events[: len(whole)] == bench.events[-len(whole) :] == whole
    assert [event[1:] for event in bench.events[len(whole) : -len(whole)]] == [
        event[1:] for event in step
    ]
    assert ends[0] == ends[2] == end


def test_scrubs_after_reset():
    """As many partial sums as a power of two, at least, and until the last is written."""
    bench = Bench(Work(2, lambda *_: (0, 0)))
    scrubbed = []

    async def testbench(ctx):
        while ctx.get(bench.dut.busy):
            assert ctx.get(bench.dut.scrub)
            await bench.tick(ctx)
        scrubbed.append(bench.cycle)
        assert not ctx.get(bench.dut.scrub)
        await bench.run(ctx, Command.RUN)
        assert not ctx.get(bench.dut.scrub)

    simulate(bench.dut, testbench)
    assert scrubbed == [8 + 2]
    assert {event[1] for event in bench.events} == {"take", "store", "layer"}


def test_records_arrive_as_they_were_written():
    """The opcodes apart, every bit is set in the one and clear in the other."""
    sizes = {shape: shape.as_shape().size for shape in (Layer, Tile)}
    full = {shape: (1 << size) - 1 & ~3 for shape, size in sizes.items()}
    records = [
        Layer.from_bits(full[Layer] | Opcode.LAYER.value),
        Tile.from_bits(Opcode.TILE.value),
        Layer.from_bits(Opcode.LAYER.value),
        Tile.from_bits(full[Tile] | Opcode.TILE.value),
        END,
    ]
    bench = Bench(Work(8, lambda *_: (0, 0)), records)  # the last tile is for the last of 8
    found = []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        ctx.set(bench.dut.command, Command.RUN)
        ctx.set(bench.dut.command_valid, 1)
        await bench.tick(ctx)
        ctx.set(bench.dut.command_valid, 0)
        while ctx.get(bench.dut.busy):
            if ctx.get(bench.dut.take):
                found.append(ctx.get(bench.dut.layer.as_value()))
                found.append(ctx.get(bench.dut.tile.as_value()))
            await bench.tick(ctx)

    simulate(bench.dut, testbench)
    assert found == [record.as_bits() for record in records[:-1]]
