"""Writes a tile's finished activations where they belong."""

from amaranth import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import Layer, Tile
from zeroleap.hw.map_walker import MapWalker

__all__ = ["WriteBack"]


class WriteBack(wiring.Component):
    """Gives each value of a tile its address, channel by channel and pixel by pixel.

    Values of one word are gathered until the SRAM may be written; that must be often enough that
    none of the next word has come.

    Parameters
    ----------
    gathers : bool
        Otherwise the SRAM may always be written, and each value is when it comes.
    holds : bool
        ``write_data`` comes a cycle after the rest: in the cycle in which a value comes from a
        table, no time is left.

    Members
    -------
    start : In(1)
        A tile begins; its values come later. ``layer`` and ``tile`` must hold still meanwhile.
    layer, tile : In
    valid, value : In
    may_write : In(1)
        The SRAM may be written in this cycle.
    write_enable : Out(4)
        Bytes to write.
    write_address, write_data : Out
    idle : Out(1)
        No value waits to be written.
    """

    start: In(1)
    layer: In(Layer)
    tile: In(Tile)
    valid: In(1)
    value: In(signed(8))
    may_write: In(1)
    write_enable: Out(WORD_BYTES)
    write_address: Out(20)
    write_data: Out(8 * WORD_BYTES)
    idle: Out(1)

    def __init__(self, *, gathers: bool = True, holds: bool = False) -> None:
        self._gathers = gathers
        self._holds = holds
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.walker = walker = MapWalker()
        address = walker.address
        m.d.comb += [walker.start.eq(self.start), walker.advance.eq(self.valid)]
        m.d.comb += [walker.tile.eq(self.tile), walker.first.eq(self.tile.output_address)]
        m.d.comb += walker.row_bytes.eq(self.layer.output_row_bytes)
        m.d.comb += walker.pixel_bytes.eq(self.layer.output_pixel_bytes)
        m.d.comb += walker.channel_bytes.eq(self.layer.output_channel_bytes)

        byte_bits = (WORD_BYTES - 1).bit_length()
        fresh, is_new = Signal(WORD_BYTES), Signal(WORD_BYTES)
        value = Signal.like(self.value)
        m.d.comb += fresh.eq(self.valid << address[:byte_bits])
        m.d["sync" if self._holds else "comb"] += [value.eq(self.value), is_new.eq(fresh)]
        if not self._gathers:
            m.d.comb += [self.write_address.eq(address[byte_bits:]), self.idle.eq(1)]
            m.d.comb += [
                self.write_enable.eq(fresh),
                self.write_data.eq(value.as_unsigned().replicate(WORD_BYTES)),
            ]
            return m

        # What waits, and what has just come.
        waiting, enable, word = Signal(WORD_BYTES), Signal(WORD_BYTES), Signal(20)
        gathered = Signal(8 * WORD_BYTES)
        m.d.comb += enable.eq(waiting | fresh)
        m.d.comb += self.write_address.eq(Mux(self.valid, address[byte_bits:], word))
        for byte in range(WORD_BYTES):
            m.d.comb += self.write_data.word_select(byte, 8).eq(
                Mux(is_new[byte], value, gathered.word_select(byte, 8))
            )
        m.d.sync += [gathered.eq(self.write_data), word.eq(self.write_address)]
        m.d.sync += waiting.eq(Mux(self.may_write, 0, enable))
        m.d.comb += self.write_enable.eq(Mux(self.may_write, enable, 0))
        m.d.comb += self.idle.eq(waiting == 0)
        return m
