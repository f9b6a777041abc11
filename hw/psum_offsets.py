"""Partial sums of the positions of a block, in a small memory for each reader."""

from amaranth import Array, Module, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import POSITIONS, Layer

__all__ = ["OffsetCopy", "OffsetTable", "OffsetWriter"]


class OffsetCopy(data.Struct):
    """The offset of one position, on its way to the tables."""

    position: unsigned(4)
    offset: unsigned(12)


class OffsetWriter(wiring.Component):
    """Goes round and round over ``layer.psum_offsets``, for all tables.

    A choice of 1 in 16 registers is a hundred LUTs: with this, one for all lanes, and in each lane
    a memory of a few. All offsets of a new layer are in the tables ``LATENCY`` cycles after it.

    Members
    -------
    layer : In(Layer)
    o : Out(OffsetCopy)
    """

    LATENCY = POSITIONS + 1

    layer: In(Layer)
    o: Out(OffsetCopy)

    def elaborate(self, platform):
        m = Module()
        position = Signal(range(POSITIONS))
        offsets = Array(self.layer.psum_offsets[index] for index in range(POSITIONS))
        m.d.sync += [position.eq(position + 1), self.o.position.eq(position)]
        m.d.sync += self.o.offset.eq(offsets[position])
        return m


class OffsetTable(wiring.Component):
    """Keeps what an `OffsetWriter` gives.

    Parameters
    ----------
    partial_sums : int
        Depth of a bank: offsets count modulo the power of two that holds it.

    Members
    -------
    i : In(OffsetCopy)
    position : In(4)
    offset : Out(12)
        Of ``position``, in the same cycle.
    """

    i: In(OffsetCopy)
    position: In(range(POSITIONS))
    offset: Out(12)

    def __init__(self, partial_sums: int) -> None:
        self._bits = (partial_sums - 1).bit_length()
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.offsets = offsets = Memory(shape=self._bits, depth=POSITIONS, init=[])
        write, read = offsets.write_port(), offsets.read_port(domain="comb")
        m.d.comb += [write.en.eq(1), write.addr.eq(self.i.position), write.data.eq(self.i.offset)]
        m.d.comb += [read.addr.eq(self.position), self.offset.eq(read.data)]
        return m
