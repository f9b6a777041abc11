"""Reads the input of a tile, a word a cycle."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.axis import Axis
from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import POSITIONS, Layer, Tile
from zeroleap.hw.multiple import multiple
from zeroleap.hw.streams import Word
from zeroleap.hw.word_relay import WordRelay

__all__ = ["Fetch"]


class Fetch(wiring.Component):
    """Walks rows, columns and channels of a tile's input and reads the words that meet an output.

    A word a cycle as long as ``o`` is taken and the SRAM is free, or has given the word together
    with the one before it. A row that meets no output takes one cycle, a pixel that meets none
    likewise; neither is read. After the last word of a tile, but not of a part of it, comes one
    with ``is_end``.

    Parameters
    ----------
    lanes : int
        Lanes that the channels of a channelwise layer are dealt to.
    positions : int
        Positions of a block; the others meet nothing.
    shares : bool
        Others may read the SRAM while a word waits, so two words wait in a `WordRelay`, and a third
        in front of it; otherwise the SRAM's output stays, and the engine is one that is to be small
        rather than fast.
    together : 1 or 2
        Words that the SRAM reads together, an even one and the one after it; 2 if it is shared.

    Members
    -------
    start : In(1)
        Begin in the next cycle. ``layer`` and ``tile`` must hold still until ``idle``.
    layer, tile : In
    may_read : In(1)
        The SRAM may be read in this cycle.
    read_enable, read_address : Out
        To the activation SRAM.
    read_data, last_data : In(32)
        The word, and the last of those read with it: a cycle later, until the next read, or, if the
        SRAM is shared, two cycles later, for one cycle only.
    o : Out(stream.Signature(Word))
    idle : Out(1)
        Nothing is left to read, and ``o`` has been taken.

    Attributes
    ----------
    LATENCY : int
        Cycles from reading a word to its offer, if the SRAM is shared; otherwise one less.
    """

    LATENCY = 2

    def __init__(
        self, lanes: int, positions: int = POSITIONS, *, shares: bool = True, together: int = 1
    ) -> None:
        self._shares = shares
        self._together = together
        self._lanes = lanes
        self._positions = positions
        super().__init__(
            {
                "start": In(1),
                "layer": In(Layer),
                "tile": In(Tile),
                "may_read": In(1),
                "read_enable": Out(1),
                "read_address": Out(20),
                "read_data": In(8 * WORD_BYTES),
                "last_data": In(8 * WORD_BYTES),
                "o": Out(stream.Signature(Word)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.y = y = Axis(self._positions, keeps_flags=self._shares)
        m.submodules.x = x = Axis(self._positions, keeps_flags=self._shares)
        m.d.comb += [y.layer.eq(self.layer.y), y.tile.eq(self.tile.y)]
        m.d.comb += [x.layer.eq(self.layer.x), x.tile.eq(self.tile.x)]

        running, ending = Signal(), Signal()
        row, pixel, address = Signal(20), Signal(20), Signal(20)
        words, is_last_word = Signal(12), Signal()  # words after this one; none
        weights, lane, slot = Signal(20), Signal(range(self._lanes)), Signal(12)
        is_free, issue, is_here = Signal(), Signal(), Signal()
        next_pixel, next_row = Signal(), Signal()

        # Where to go from here.
        with m.If(running):
            with m.If(~y.is_met):
                m.d.comb += next_row.eq(1)
            with m.Elif(~x.is_met):
                m.d.comb += [next_pixel.eq(~x.last), next_row.eq(x.last)]
            with m.Elif(is_free & (self.may_read | is_here)):
                m.d.comb += issue.eq(1)
                with m.If(is_last_word):
                    m.d.comb += [next_pixel.eq(~x.last), next_row.eq(x.last)]

        # Addresses and counters: a word on, unless a row, a pixel or the tile begins.
        with m.If(issue):
            m.d.sync += [address.eq(address + 1), words.eq(words - 1)]
            m.d.sync += is_last_word.eq(words == 1)
            m.d.sync += self._step(weights, lane, slot)
        with m.If(self.start | next_row | next_pixel):
            base = Signal(20)
            m.d.comb += base.eq(
                Mux(
                    self.start,
                    self.tile.input_address,
                    Mux(next_row, row + self.layer.row_words, pixel + self.layer.pixel_words),
                )
            )
            m.d.sync += [address.eq(base), pixel.eq(base), words.eq(self.tile.words)]
            m.d.sync += is_last_word.eq(self.tile.words == 0)
            m.d.sync += [weights.eq(self.tile.weights), lane.eq(0), slot.eq(0)]
            with m.If(~next_pixel):
                m.d.sync += row.eq(base)
        with m.If(self.start):
            m.d.sync += running.eq(1)
        with m.Elif(next_row & y.last):
            m.d.sync += [running.eq(0), ending.eq(~self.tile.is_part)]
        m.d.comb += [y.start.eq(self.start), y.advance.eq(next_row)]
        m.d.comb += [x.start.eq(self.start | next_row), x.advance.eq(next_pixel)]

        # The word that is read, and what it meets; or the end.
        met = stream.Signature(Word).create()
        m.d.comb += is_free.eq(~met.valid | met.ready)
        m.d.comb += [self.read_enable.eq(issue & ~is_here), self.read_address.eq(address)]
        if self._together > 1:
            with m.If(issue):  # the next one comes with this one
                m.d.sync += is_here.eq(~address[0] & ~is_last_word)
        with m.If(is_free):
            m.d.sync += [met.valid.eq(issue | ending), met.p.is_end.eq(ending)]
            with m.If(ending):
                m.d.sync += ending.eq(0)
        with m.If(issue):
            m.d.sync += met.p.mask.eq(Mux(is_last_word, self.tile.last_mask, -1))
            m.d.sync += [met.p.weights.eq(weights), met.p.lane.eq(lane)]
            m.d.sync += met.p.psum.eq(y.psum + x.psum + slot)
            m.d.sync += met.p.positions.eq(
                Cat(
                    y.meets[: self._positions].bit_select(self.layer.y.taps[position], 1)
                    & x.meets[: self._positions].bit_select(self.layer.x.taps[position], 1)
                    for position in range(self._positions)
                )
            )
        if self._shares:
            m.submodules.relay = relay = WordRelay()
            connect(m, met, relay.i)
            connect(m, relay.o, wiring.flipped(self.o))
            m.d.comb += relay.data.eq(self._held(m, issue & is_here))
        else:
            connect(m, met, wiring.flipped(self.o))
            m.d.comb += self.o.p.data.eq(self.read_data)
        m.d.comb += self.idle.eq(~running & ~ending & ~met.valid & ~self.o.valid)
        return m

    def _step(self, weights, lane, slot):
        """Move ``weights`` on by a word of channels, and in channelwise layers lane and slot."""
        slots, rest = divmod(WORD_BYTES, self._lanes)
        moved = lane + rest
        wraps = moved >= self._lanes
        steps = Mux(self.layer.channelwise, slots + wraps, WORD_BYTES)
        return [
            weights.eq(weights + multiple(self.layer.channel_weights, steps)),
            lane.eq(Mux(wraps, moved - self._lanes, moved)),
            slot.eq(Mux(self.layer.channelwise, slot + slots + wraps, 0)),
        ]

    def _held(self, m, takes_other):
        """Keep a word until the next one of this block, and the one that came with it.

        ``takes_other``: a word is taken for which nothing is read. As of a word that is read, its
        data count two cycles later.
        """
        is_read, comes = Signal(), Signal()
        m.d.sync += [is_read.eq(self.read_enable), comes.eq(is_read)]
        kept = Signal.like(self.read_data, reset_less=True)
        with m.If(comes):
            m.d.sync += kept.eq(self.read_data)
        if self._together > 1:
            other, is_other = Signal.like(self.last_data, reset_less=True), Signal()
            m.d.sync += is_other.eq(takes_other)
            with m.If(comes):
                m.d.sync += other.eq(self.last_data)
            with m.If(is_other):
                m.d.sync += kept.eq(Mux(comes, self.last_data, other))
        return Mux(comes, self.read_data, kept)
