"""Reads what a tile's values are combined with."""

from amaranth import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import Layer, Tile
from zeroleap.hw.map_walker import MapWalker

__all__ = ["Operand"]


class Operand(wiring.Component):
    """Gives the operand of each value of a tile, ``LATENCY`` cycles after it was asked for.

    The word of a frame is read when its first value asks, and kept for the others.

    Parameters
    ----------
    frame : int
        Values whose operands lie in one word.
    late : bool
        A word comes two cycles after it is read, not one.

    Members
    -------
    start : In(1)
        A tile begins; its values ask later. ``layer`` and ``tile`` must hold still meanwhile.
    layer, tile : In
    ask : In(1)
        A value comes soon; at most every third cycle.
    read_enable, read_address : Out
        To the activation SRAM, with the first ``ask`` of a frame.
    read_data : In(32)
        The word, for one cycle.
    value : Out(signed(8))
        Holds for two cycles.
    """

    LATENCY = 4

    def __init__(self, frame: int, *, late: bool = True) -> None:
        self._frame = frame
        self._late = late
        super().__init__(
            {
                "start": In(1),
                "layer": In(Layer),
                "tile": In(Tile),
                "ask": In(1),
                "read_enable": Out(1),
                "read_address": Out(20),
                "read_data": In(8 * WORD_BYTES),
                "value": Out(signed(8)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.walker = walker = MapWalker()
        byte_bits = (WORD_BYTES - 1).bit_length()
        m.d.comb += [walker.start.eq(self.start), walker.advance.eq(self.ask)]
        m.d.comb += [walker.tile.eq(self.tile), walker.first.eq(self.tile.operand_address)]
        m.d.comb += walker.row_bytes.eq(self.layer.operand_row_bytes)
        m.d.comb += walker.pixel_bytes.eq(self.layer.operand_pixel_bytes)
        m.d.comb += walker.channel_bytes.eq(self.layer.operand_channel_bytes)

        # A frame begins with a pixel, and after every ``frame`` channels.
        channels, place = Signal(14), Signal(range(self._frame))
        with m.If(self.start):
            m.d.sync += [channels.eq(self.tile.channels), place.eq(0)]
        with m.Elif(self.ask):
            is_last = channels == 0
            m.d.sync += channels.eq(Mux(is_last, self.tile.channels, channels - 1))
            m.d.sync += place.eq(Mux(is_last | (place == self._frame - 1), 0, place + 1))
        m.d.comb += self.read_enable.eq(self.ask & (place == 0))
        m.d.comb += self.read_address.eq(walker.address[byte_bits:])

        is_read, comes, word = Signal(), Signal(), Signal(8 * WORD_BYTES)
        asked, byte, chosen = Signal(byte_bits), Signal(byte_bits), Signal.like(self.value)
        m.d.sync += is_read.eq(self.read_enable)
        with m.If(self.ask):
            m.d.sync += asked.eq(walker.address[:byte_bits])
        with m.If(comes):
            m.d.sync += word.eq(self.read_data)
        # One of the two is late: the word, or what is chosen of it.
        first, last = ("sync", "comb") if self._late else ("comb", "sync")
        m.d[first] += [comes.eq(is_read), byte.eq(asked)]
        m.d[last] += chosen.eq(word.word_select(byte, 8))
        m.d.sync += self.value.eq(chosen)  # at hand, as it is compared as soon as the value comes
        return m
