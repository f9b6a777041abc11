"""The sequencer without copies of records: its order of events, cycle by cycle."""

import random

import pytest
from hardware import SEEDS, simulate
from records import END, layer, tile, words

from zeroleap.hw.direct_sequencer import DirectSequencer
from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile

PROGRAM = [
    layer(1),
    *(tile(11, is_part=1), tile(12)),
    layer(2),
    *(tile(21), tile(22), tile(23)),
    layer(3),
    tile(31),
    END,
]
LOAD = {kind: words + 1 for kind, words in RECORD_WORDS.items()}


class Bench:
    """A sequencer, its program, and a group that works as long as it is told to."""

    def __init__(self, times, program=PROGRAM):
        self.dut = DirectSequencer(5)
        self.times, self.program = times, words(program)
        self.events, self.cycle, self.empty = [], 0, 0

    async def tick(self, ctx):
        dut, is_empty = self.dut, self.cycle >= self.empty
        ctx.set(dut.empty, is_empty)
        ctx.set(dut.ready, is_empty)
        takes, starts = ctx.get(dut.take), ctx.get(dut.starts_layer)
        if ctx.get(dut.store):
            about = ctx.get(dut.layer_index), ctx.get(dut.store_index)
            self.events.append((self.cycle, "store", *about))
        loads, address = ctx.get(dut.loads), ctx.get(dut.read_address)
        assert not loads or is_empty, "the memory is read while a tile is worked at"
        await ctx.tick()
        if loads:
            ctx.set(dut.read_data, self.program[address] if address < len(self.program) else 0xDEAD)
        if takes:
            number = ctx.get(dut.tile.input_address)
            self.events.append((self.cycle, "take", number, ctx.get(dut.layer.pixel_words)))
            self.empty = self.cycle + 2 + self.times(number)
        if starts:
            self.events.append((self.cycle, "layer", ctx.get(dut.layer.pixel_words)))
        self.cycle += 1

    async def run(self, ctx, command, first=0):
        """Give a command and wait for the end; ``first`` is the number of the first busy cycle."""
        self.cycle = first - 1
        ctx.set(self.dut.command, command)
        ctx.set(self.dut.command_valid, 1)
        await self.tick(ctx)
        ctx.set(self.dut.command_valid, 0)
        assert ctx.get(self.dut.busy)
        while ctx.get(self.dut.busy):
            await self.tick(ctx)
            assert self.cycle < 20_000
        return self.cycle

    async def scrubbed(self, ctx):
        while ctx.get(self.dut.busy):
            await self.tick(ctx)


def expected(program, times, steps=False):
    """Tell what happens in which cycle, counted from the first that is busy.

    A record is read when the one before has had its effect, and takes effect with its last cycle.
    In the second cycle of a layer's end it is known, then counters are stored.
    """
    events, ends = [], []
    cycle, index, of = 0, -1, None
    for record in program:
        kind = Opcode(record.opcode)
        if kind != Opcode.TILE and of is not None:
            cycle += 2
            events += [(cycle + each, "store", index, each) for each in range(len(COUNTERS))]
            cycle += len(COUNTERS)
            if steps or kind == Opcode.END:
                ends.append(cycle)
        if kind == Opcode.END:
            continue
        cycle += LOAD[kind]
        if kind == Opcode.LAYER:
            index, of = index + 1, record
            events.append((cycle, "layer", record.pixel_words))
            cycle += 1
        else:
            events.append((cycle, "take", record.input_address, of.pixel_words))
            cycle += 2 + times(record.input_address) + 1
    return events, ends


def random_times(seed):
    return lambda number: random.Random(f"{seed} {number}").choice([0, 1, 9, 100])


@pytest.mark.parametrize("seed", SEEDS)
def test_each_record_is_read_when_the_one_before_has_had_its_effect(seed):
    bench, ends = Bench(random_times(seed)), []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        ends.append(await bench.run(ctx, Command.RUN))
        bench.empty = 0
        ends.append(await bench.run(ctx, Command.RUN))

    simulate(bench.dut, testbench)
    events, [end] = expected(PROGRAM, random_times(seed))
    assert bench.events == events * 2
    assert ends == [end] * 2


def test_by_hand():
    """A layer of one tile, which takes 6 cycles and is gone in the 7th."""
    bench, ends = Bench(lambda _: 5, [layer(1), tile(11), END]), []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        ends.append(await bench.run(ctx, Command.RUN))

    simulate(bench.dut, testbench)
    begins = RECORD_WORDS[Opcode.LAYER] + 1
    takes = begins + 1 + RECORD_WORDS[Opcode.TILE] + 1
    empty = takes + 7
    assert bench.events == [
        (begins, "layer", 1),
        (takes, "take", 11, 1),
        *((empty + 1 + 2 + counter, "store", 0, counter) for counter in range(4)),
    ]
    assert ends == [empty + 1 + 2 + 4]
    assert {*DirectSequencer.LOAD_CYCLES.items()} == {*LOAD.items()}
    assert (DirectSequencer.LOOK_CYCLES, DirectSequencer.STORE_CYCLES) == (2, 4)


def test_steps_layer_by_layer():
    bench, ends = Bench(random_times(5)), []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        ends.append(await bench.run(ctx, Command.STEP))
        for _ in range(2):
            ends.append(await bench.run(ctx, Command.RESUME, first=ends[-1]))

    simulate(bench.dut, testbench)
    assert (bench.events, ends) == expected(PROGRAM, random_times(5), steps=True)


def test_a_program_without_layers_ends_at_once():
    bench, ends = Bench(lambda _: 0, [END]), []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        ends.append(await bench.run(ctx, Command.RUN))

    simulate(bench.dut, testbench)
    assert (bench.events, ends) == ([], [2])


def test_records_arrive_as_they_were_written():
    """The opcodes apart, every bit is set in the one and clear in the other."""
    full = {shape: (1 << shape.as_shape().size) - 1 & ~3 for shape in (Layer, Tile)}
    records = [
        Layer.from_bits(full[Layer] | Opcode.LAYER.value),
        Tile.from_bits(Opcode.TILE.value),
        Layer.from_bits(Opcode.LAYER.value),
        Tile.from_bits(full[Tile] | Opcode.TILE.value),
        END,
    ]
    bench, found = Bench(lambda _: 0, records), []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        ctx.set(bench.dut.command, Command.RUN)
        ctx.set(bench.dut.command_valid, 1)
        await bench.tick(ctx)
        ctx.set(bench.dut.command_valid, 0)
        while ctx.get(bench.dut.busy):
            takes = ctx.get(bench.dut.take)
            await bench.tick(ctx)
            if takes:
                found.append(ctx.get(bench.dut.layer.as_value()))
                found.append(ctx.get(bench.dut.tile.as_value()))

    simulate(bench.dut, testbench)
    assert found == [record.as_bits() for record in records[:-1]]
