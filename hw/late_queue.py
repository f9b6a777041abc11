"""A short queue for items of which it is known late in a cycle whether they are any."""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["LateQueue"]


class LateQueue(wiring.Component):
    """A `Queue` in all that can be seen; but ``i.valid`` goes to no more than one flip-flop.

    So that it may follow from a block RAM's answer. Each item is written, and in the next cycle it
    is known whether the next place is free, or still this one.

    Parameters
    ----------
    shape : ShapeLike
        Of an item.
    depth : int, at least 2

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape))
    """

    LATENCY = 1

    def __init__(self, shape: Any, depth: int) -> None:
        self._shape = shape
        self._depth = depth
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.places = places = Memory(shape=self._shape, depth=self._depth, init=[])
        write, read = places.write_port(), places.read_port(domain="comb")
        first, written, free = (Signal(range(self._depth)) for _ in range(3))
        took, was_full, meet, any_or_full = Signal(), Signal(), Signal(), Signal()

        def after(place):
            return Mux(place == self._depth - 1, 0, place + 1)

        m.d.comb += [free.eq(Mux(took, after(written), written)), meet.eq(first == free)]
        m.d.comb += any_or_full.eq(took | was_full)
        m.d.comb += self.i.ready.eq(~(meet & any_or_full))
        m.d.comb += self.o.valid.eq(~meet | any_or_full)
        m.d.comb += write.en.eq(self.i.ready)
        m.d.comb += [write.addr.eq(free), write.data.eq(self.i.payload)]
        m.d.comb += [read.addr.eq(first), self.o.payload.eq(read.data)]
        m.d.sync += [written.eq(free), took.eq(self.i.valid & self.i.ready)]
        m.d.sync += was_full.eq(~self.i.ready)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += first.eq(after(first))
            m.d.sync += was_full.eq(0)
        return m
