"""Walks the bytes of a tile in a map: channel by channel and pixel by pixel."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Tile

__all__ = ["MapWalker"]


class MapWalker(wiring.Component):
    """Gives the address of a value of a tile, and of the next one in each cycle with ``advance``.

    Members
    -------
    start : In(1)
        Go to the first value in the next cycle.
    advance : In(1)
        Go to the next.
    tile : In(Tile)
        Must hold still until the last value.
    first : In(22)
        Byte address of the first value; looked at with ``start``.
    row_bytes, pixel_bytes, channel_bytes : In
        From one row, pixel, channel to the next.
    address : Out(22)
    """

    start: In(1)
    advance: In(1)
    tile: In(Tile)
    first: In(22)
    row_bytes: In(22)
    pixel_bytes: In(22)
    channel_bytes: In(22)
    address: Out(22)

    def elaborate(self, platform):
        m = Module()
        columns, channels = Signal(12), Signal(14)  # left after this one
        row, pixel = Signal(22), Signal(22)  # where they begin

        with m.If(self.start):
            m.d.sync += [channels.eq(self.tile.channels), columns.eq(self.tile.x.last)]
            m.d.sync += [register.eq(self.first) for register in (row, pixel, self.address)]
        with m.Elif(self.advance):
            m.d.sync += channels.eq(channels - 1)
            m.d.sync += self.address.eq(self.address + self.channel_bytes)
            with m.If(channels == 0):
                is_new_row = columns == 0
                begin = Mux(is_new_row, row + self.row_bytes, pixel + self.pixel_bytes)
                m.d.sync += [channels.eq(self.tile.channels), columns.eq(columns - 1)]
                m.d.sync += [pixel.eq(begin), self.address.eq(begin)]
                with m.If(is_new_row):
                    m.d.sync += [columns.eq(self.tile.x.last), row.eq(begin)]
        return m
