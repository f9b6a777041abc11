"""The sequencer's order of events, cycle by cycle."""

from itertools import pairwise

import pytest
from hardware import simulate

from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile
from zeroleap.hw.sequencer import Sequencer

LOAD = Sequencer.LOAD_CYCLES
STORE = Sequencer.STORE_CYCLES
MASK = 2**32 - 1
PARTIAL_SUMS = 5
SCRUB = 2 * (8 + 2)
"""Both banks, each as deep as a power of two, and a little."""


def record(shape, number):
    """Make a record that is known by one of its fields."""
    opcode, field = {
        Layer: (Opcode.LAYER, "pixel_words"),
        Tile: (Opcode.TILE, "input_address"),
    }[shape]
    value = shape.const({"opcode": opcode, field: number}).as_bits()
    return [value >> 32 * index & MASK for index in range(RECORD_WORDS)]


LAYERS = {1: [11], 2: [21, 22, 23], 3: [31, 32]}
PROGRAM = [
    word
    for layer, tiles in LAYERS.items()
    for words in (record(Layer, layer), *(record(Tile, tile) for tile in tiles))
    for word in words
] + [Opcode.END.value] * RECORD_WORDS


class Bench:
    """A sequencer, its program, and work that takes as long as it is told to."""

    def __init__(self, compute=0, drain=0, program=None):
        self.dut = Sequencer(PARTIAL_SUMS)
        self.program = program or PROGRAM
        self.compute, self.drain = compute, drain
        self.events = []  # (cycle, what, which)
        self.cycle = 0
        self._computing = self._draining = 0

    async def tick(self, ctx):
        """Note what happens in this cycle, and go to the next."""
        dut = self.dut
        ctx.set(dut.compute_idle, self._computing == 0)
        ctx.set(dut.drain_idle, self._draining == 0)
        if ctx.get(dut.start_compute):
            about = (ctx.get(dut.tile.input_address), ctx.get(dut.layer.pixel_words))
            self.events.append((self.cycle, "compute", *about, ctx.get(dut.bank)))
        if ctx.get(dut.start_drain):
            about = (ctx.get(dut.drained_tile.input_address), ctx.get(dut.layer.pixel_words))
            self.events.append((self.cycle, "drain", *about, ctx.get(dut.bank)))
        if ctx.get(dut.store):
            about = ctx.get(dut.store_index), ctx.get(dut.layer_index)
            self.events.append((self.cycle, "store", *about))
        address = ctx.get(dut.read_address)
        computes, drains = ctx.get(dut.start_compute), ctx.get(dut.start_drain)
        await ctx.tick()
        self.cycle += 1
        self._computing = self.compute if computes else max(0, self._computing - 1)
        self._draining = self.drain if drains else max(0, self._draining - 1)
        ctx.set(dut.read_data, self.program[address] if address < len(self.program) else 0xDEAD)

    async def run(self, ctx, command):
        """Give a command and wait for the end; return the cycles that it took."""
        ctx.set(self.dut.command, command)
        ctx.set(self.dut.command_valid, 1)
        self.cycle = -1
        await self.tick(ctx)
        ctx.set(self.dut.command_valid, 0)
        assert ctx.get(self.dut.busy)
        while ctx.get(self.dut.busy):
            await self.tick(ctx)
            assert self.cycle < 2000
        return self.cycle

    async def scrubbed(self, ctx):
        while ctx.get(self.dut.busy):
            await self.tick(ctx)


def events(compute=0, drain=0, commands=(Command.RUN,)):
    bench = Bench(compute, drain)
    cycles = []

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        cycles.extend([await bench.run(ctx, command) for command in commands])

    simulate(bench.dut, testbench)
    return bench.events, cycles


def order(events):
    return [event[1:4] for event in events]


def of_layer(index, layer):
    """What happens in a layer, in its order."""
    tiles = LAYERS[layer]
    found = [("compute", tiles[0], layer)]
    for before, tile in pairwise(tiles):
        found += [("compute", tile, layer), ("drain", before, layer)]
    found.append(("drain", tiles[-1], layer))
    return found + [("store", counter, index) for counter in range(len(COUNTERS))]


ALL = [event for index, layer in enumerate(LAYERS) for event in of_layer(index, layer)]


@pytest.mark.parametrize(("compute", "drain"), [(0, 0), (30, 3), (3, 30), (100, 100)])
def test_computes_a_tile_while_it_drains_the_one_before(compute, drain):
    found, _ = events(compute, drain)
    assert order(found) == ALL


def test_banks_are_swapped_with_each_drain():
    found, _ = events()
    drains = [cycle for cycle, what, *_ in found if what == "drain"]
    first = found[0][-1]
    for cycle, what, *_, bank in found:
        if what != "store":
            assert bank == first ^ sum(drain <= cycle for drain in drains) % 2


@pytest.mark.parametrize(("compute", "drain"), [(0, 0), (40, 3), (3, 40)])
def test_takes_the_cycles_that_it_promises(compute, drain):
    """Loading a record, LOAD; starting, 1; work longer than the loading is waited for."""
    found, [cycles] = events(compute, drain)
    starts = [event[0] for event in found if event[1] == "compute"]
    first = 2 * (LOAD + 1)  # the layer, and the tile
    assert starts[0] == first
    # The next record is loaded in the cycles of the work, and so decides when all is idle again.
    ends = [event[0] for event in found if event[1] == "drain"]
    assert ends[0] == first + 1 + max(LOAD, compute + 1)
    stores = [event[0] for event in found if event[1] == "store"]
    assert stores[:STORE] == [ends[0] + drain + 2 + index for index in range(STORE)]
    second = starts[1]
    assert second == stores[STORE - 1] + 2 + LOAD + 1
    assert starts[2] == second + 1 + max(LOAD, compute + 1)
    assert starts[3] == starts[2] + 1 + max(LOAD, compute + 1, drain + 1)
    assert cycles == stores[-1] + 1


def test_steps_layer_by_layer():
    found, cycles = events(5, 7, [Command.STEP, Command.RESUME, Command.RESUME])
    assert order(found) == ALL
    whole, [all_cycles] = events(5, 7)
    assert order(whole) == ALL
    assert sum(cycles) == all_cycles


def test_runs_again_from_the_start():
    found, cycles = events(5, 7, [Command.RUN, Command.STEP, Command.RUN])
    assert order(found) == ALL + of_layer(0, 1) + ALL
    assert cycles[0] == cycles[2]


def test_scrubs_both_banks_after_reset():
    bench = Bench()
    scrubbed = {0: 0, 1: 0}

    async def testbench(ctx):
        while ctx.get(bench.dut.busy):
            assert ctx.get(bench.dut.scrub)
            scrubbed[ctx.get(bench.dut.bank)] += 1
            await bench.tick(ctx)
        assert not ctx.get(bench.dut.scrub)
        await bench.run(ctx, Command.RUN)
        assert not ctx.get(bench.dut.scrub)

    simulate(bench.dut, testbench)
    assert scrubbed == {0: SCRUB // 2, 1: SCRUB // 2}
    assert all(cycles >= PARTIAL_SUMS + 2 for cycles in scrubbed.values())


def test_records_arrive_as_they_were_written():
    """The opcodes apart, every bit is set in the one and clear in the other."""
    layer, tile = ((1 << shape.as_shape().size) - 1 & ~3 for shape in (Layer, Tile))
    records = [layer | Opcode.LAYER.value, Opcode.TILE.value, Opcode.LAYER.value]
    records += [tile | Opcode.TILE.value, Opcode.END.value]
    program = [bits >> 32 * index & MASK for bits in records for index in range(RECORD_WORDS)]
    bench = Bench(program=program)

    async def testbench(ctx):
        await bench.scrubbed(ctx)
        for command, expected in ((Command.STEP, records[:2]), (Command.RESUME, records[2:4])):
            await bench.run(ctx, command)
            dut = bench.dut
            assert [ctx.get(dut.layer.as_value()), ctx.get(dut.tile.as_value())] == expected
            assert ctx.get(dut.drained_tile.as_value()) == expected[1]

    simulate(bench.dut, testbench)
