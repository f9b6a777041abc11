"""Writes a tile's finished activations where they belong."""

from amaranth import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import Layer, Tile

__all__ = ["WriteBack"]


class WriteBack(wiring.Component):
    """Gives each value of a tile its address, channel by channel and pixel by pixel.

    Values of one word are gathered until the SRAM may be written; that must be often enough that
    none of the next word has come.

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

    def elaborate(self, platform):
        m = Module()
        columns, channels = Signal(12), Signal(14)  # left after this one
        row, pixel, address = Signal(22), Signal(22), Signal(22)

        next_row = row + self.layer.output_row_bytes
        next_pixel = pixel + self.layer.output_pixel_bytes
        with m.If(self.start):
            m.d.sync += [channels.eq(self.tile.channels), columns.eq(self.tile.x.last)]
            for register in (row, pixel, address):
                m.d.sync += register.eq(self.tile.output_address)
        with m.Elif(self.valid):
            m.d.sync += [channels.eq(channels - 1), address.eq(address + 1)]
            with m.If(channels == 0):
                first = Mux(columns == 0, next_row, next_pixel)
                m.d.sync += [channels.eq(self.tile.channels), columns.eq(columns - 1)]
                m.d.sync += [pixel.eq(first), address.eq(first)]
                with m.If(columns == 0):
                    m.d.sync += [columns.eq(self.tile.x.last), row.eq(first)]

        # What waits, and what has just come.
        byte_bits = (WORD_BYTES - 1).bit_length()
        waiting, word = Signal(WORD_BYTES), Signal(20)
        gathered, enable = Signal(8 * WORD_BYTES), Signal(WORD_BYTES)
        m.d.comb += enable.eq(waiting | self.valid << address[:byte_bits])
        m.d.comb += self.write_address.eq(Mux(self.valid, address[byte_bits:], word))
        for byte in range(WORD_BYTES):
            is_new = self.valid & (address[:byte_bits] == byte)
            m.d.comb += self.write_data.word_select(byte, 8).eq(
                Mux(is_new, self.value, gathered.word_select(byte, 8))
            )
        m.d.sync += [gathered.eq(self.write_data), word.eq(self.write_address)]
        m.d.sync += waiting.eq(Mux(self.may_write, 0, enable))
        m.d.comb += self.write_enable.eq(Mux(self.may_write, enable, 0))
        m.d.comb += self.idle.eq(waiting == 0)
        return m
