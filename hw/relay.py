"""Two places that keep apart what would otherwise wait for each other in one cycle."""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Relay"]


class Relay(wiring.Component):
    """Takes an item a cycle while it is not full, and gives one a cycle.

    An item can leave a cycle after it came. Neither side sees the other: whether there is room, and
    what comes next, are both in flip-flops.

    Parameters
    ----------
    shape : ShapeLike
        Of an item.

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape))
    """

    DEPTH = 2

    def __init__(self, shape: Any) -> None:
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        second, is_full = Signal.like(self.i.payload, reset_less=True), Signal()
        first = Signal.like(self.i.payload, reset_less=True)
        m.d.comb += [self.i.ready.eq(~is_full), self.o.payload.eq(first)]
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += self.o.valid.eq(is_full | self.i.valid)
            m.d.sync += first.eq(Mux(is_full, second, self.i.payload))
            m.d.sync += is_full.eq(0)
        with m.Elif(self.i.valid):
            m.d.sync += is_full.eq(1)
        with m.If(~is_full):
            m.d.sync += second.eq(self.i.payload)
        return m
