"""Looks values up in a table."""

from amaranth import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer
from zeroleap.hw.memories import ATTRIBUTES

__all__ = ["Table"]


class Table(wiring.Component):
    """Replaces a value by an entry of the layer's table, or leaves it; ``LATENCY`` cycles later.

    Parameters
    ----------
    tables : int
        Tables of 256 entries that there is room for; with 0, values are left.

    Members
    -------
    layer : In(Layer)
    load_enable, load_address, load_data : In
        Store an entry: of table ``t`` and value ``v``, at ``256 * t + v + 128``.
    i_valid, i : In
        Valid in this cycle only.
    o_valid, o : Out
    """

    LATENCY = 1

    def __init__(self, tables: int) -> None:
        self._tables = tables
        super().__init__(
            {
                "layer": In(Layer),
                "load_enable": In(1),
                "load_address": In(14),
                "load_data": In(signed(8)),
                "i_valid": In(1),
                "i": In(signed(8)),
                "o_valid": Out(1),
                "o": Out(signed(8)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        left = Signal(signed(8))
        m.d.sync += [left.eq(self.i), self.o_valid.eq(self.i_valid)]
        m.d.comb += self.o.eq(left)
        if self._tables:
            m.submodules.entries = entries = Memory(
                shape=signed(8), depth=256 * self._tables, init=[], attrs=ATTRIBUTES
            )
            load, read = entries.write_port(), entries.read_port()
            m.d.comb += [load.en.eq(self.load_enable), load.addr.eq(self.load_address)]
            m.d.comb += load.data.eq(self.load_data)
            m.d.comb += read.addr.eq(self.layer.table << 8 | (self.i + 128)[:8])
            with m.If(self.layer.looks_up):
                m.d.comb += self.o.eq(read.data)
        return m
