"""Reads the input of a tile, a word a cycle."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.axis import Axis
from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import Layer, Tile
from zeroleap.hw.streams import Word

__all__ = ["Fetch"]


class Fetch(wiring.Component):
    """Walks rows, columns and channels of a tile's input and reads the words that meet an output.

    A word a cycle as long as ``o`` is taken. A row that meets no output takes one cycle, a pixel
    that meets none likewise; neither is read.

    Parameters
    ----------
    lanes : int
        Lanes that the channels of a channelwise layer are dealt to.

    Members
    -------
    start : In(1)
        Begin in the next cycle. ``layer`` and ``tile`` must hold still until ``idle``.
    layer, tile : In
    read_enable, read_address : Out
        To the activation SRAM, whose word comes one cycle later and holds until the next read.
    read_data : In(32)
    o : Out(stream.Signature(Word))
    idle : Out(1)
        Nothing is left to read, and ``o`` has been taken.
    """

    LATENCY = 1

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        super().__init__(
            {
                "start": In(1),
                "layer": In(Layer),
                "tile": In(Tile),
                "read_enable": Out(1),
                "read_address": Out(20),
                "read_data": In(8 * WORD_BYTES),
                "o": Out(stream.Signature(Word)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.y = y = Axis()
        m.submodules.x = x = Axis()
        m.d.comb += [y.layer.eq(self.layer.y), y.tile.eq(self.tile.y)]
        m.d.comb += [x.layer.eq(self.layer.x), x.tile.eq(self.tile.x)]

        running = Signal()
        row, pixel, address = Signal(20), Signal(20), Signal(20)
        blocks = Signal(12)
        channel = Signal(14)
        lane, slot = Signal(range(self._lanes)), Signal(12)
        issue = Signal()
        next_pixel, next_row = Signal(), Signal()

        # Where to go from here.
        m.d.comb += self.o.p.data.eq(self.read_data)
        with m.If(running):
            with m.If(~y.meets):
                m.d.comb += next_row.eq(1)
            with m.Elif(~x.meets):
                m.d.comb += [next_pixel.eq(~x.last), next_row.eq(x.last)]
            with m.Elif(~self.o.valid | self.o.ready):
                m.d.comb += issue.eq(1)
                with m.If(blocks == 0):
                    m.d.comb += [next_pixel.eq(~x.last), next_row.eq(x.last)]

        # Addresses and counters: a block on, unless a row, a pixel or the tile begins.
        with m.If(issue):
            m.d.sync += [address.eq(address + 1), blocks.eq(blocks - 1)]
            m.d.sync += channel.eq(channel + WORD_BYTES)
            m.d.sync += self._deal(lane, slot)
        with m.If(self.start | next_row | next_pixel):
            base = Signal(20)
            m.d.comb += base.eq(
                Mux(
                    self.start,
                    self.tile.input_address,
                    Mux(next_row, row + self.layer.row_words, pixel + self.layer.pixel_words),
                )
            )
            m.d.sync += [address.eq(base), pixel.eq(base), blocks.eq(self.tile.blocks)]
            m.d.sync += [channel.eq(0), lane.eq(0), slot.eq(0)]
            with m.If(~next_pixel):
                m.d.sync += row.eq(base)
        with m.If(self.start):
            m.d.sync += running.eq(1)
        with m.Elif(next_row & y.last):
            m.d.sync += running.eq(0)
        m.d.comb += [y.start.eq(self.start), y.advance.eq(next_row)]
        m.d.comb += [x.start.eq(self.start | next_row), x.advance.eq(next_pixel)]

        # The word that was read, and what it meets.
        m.d.comb += [self.read_enable.eq(issue), self.read_address.eq(address)]
        with m.If(issue):
            m.d.sync += self.o.valid.eq(1)
            m.d.sync += self.o.p.mask.eq(Mux(blocks == 0, self.tile.last_mask, -1))
            own = Mux(self.layer.channelwise, slot, channel)
            m.d.sync += self.o.p.weight.eq(y.weight + x.weight + own)
            m.d.sync += self.o.p.psum.eq(y.psum + x.psum + slot)
            m.d.sync += [self.o.p.taps_y.eq(y.taps), self.o.p.taps_x.eq(x.taps)]
            m.d.sync += self.o.p.lane.eq(lane)
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        m.d.comb += self.idle.eq(~running & ~self.o.valid)
        return m

    def _deal(self, lane, slot):
        """Move ``lane``, and in channelwise layers ``slot``, on by a word of channels."""
        slots, rest = divmod(WORD_BYTES, self._lanes)
        moved = lane + rest
        wraps = moved >= self._lanes
        return [
            lane.eq(Mux(wraps, moved - self._lanes, moved)),
            slot.eq(Mux(self.layer.channelwise, slot + slots + wraps, 0)),
        ]
