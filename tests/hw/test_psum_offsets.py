"""Every offset of a layer reaches the tables, in time."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hardware import simulate

from zeroleap.hw.block_walker import BlockWalker
from zeroleap.hw.fetch import Fetch
from zeroleap.hw.isa import POSITIONS, Layer, Opcode
from zeroleap.hw.matcher import Matcher
from zeroleap.hw.psum_offsets import OffsetTable, OffsetWriter
from zeroleap.hw.queue import Queue
from zeroleap.hw.sequencer import Sequencer
from zeroleap.hw.zero_skip import ZeroSkip

FIRST = [0, 4095, 1, 4094, 2048, 17, 33, 4000, 5, 2047, 100, 3000, 9, 4090, 64, 1234]
SECOND = [4095 - offset for offset in reversed(FIRST)]
DEPTH = 300
"""Of a bank; addresses have 9 bits."""


class Pair(wiring.Component):
    """A writer and a table."""

    layer: In(Layer)
    position: In(4)
    offset: Out(12)

    def elaborate(self, platform):
        m = Module()
        m.submodules.writer = writer = OffsetWriter()
        m.submodules.table = table = OffsetTable(DEPTH)
        m.d.comb += [writer.layer.eq(self.layer), table.i.eq(writer.o)]
        m.d.comb += [table.position.eq(self.position), self.offset.eq(table.offset)]
        return m


def test_holds_the_offsets_of_the_layer():
    """Whenever the layer changes, and as long as it stays."""
    dut = Pair()

    async def testbench(ctx):
        for wait, offsets in enumerate([FIRST, SECOND] * POSITIONS):
            await ctx.tick().repeat(1 + wait % POSITIONS)
            ctx.set(dut.layer, {"psum_offsets": offsets})
            await ctx.tick().repeat(OffsetWriter.LATENCY)
            for position in [*range(POSITIONS), *range(POSITIONS)]:
                ctx.set(dut.position, position)
                assert ctx.get(dut.offset) == offsets[position] % 512
                await ctx.tick()

    simulate(dut, testbench)


def test_is_done_before_the_first_product_of_a_layer():
    """A tile's record is read, it begins, and its first activation passes all before the picker."""
    record = Sequencer.LOAD_CYCLES[Opcode.TILE]
    front = Fetch.LATENCY + ZeroSkip.LATENCY + Queue.LATENCY
    assert record + front + BlockWalker.LATENCY + Matcher.LATENCY >= OffsetWriter.LATENCY
