"""A short queue."""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["Queue"]


class Queue(wiring.Component):
    """Holds up to ``depth`` items; takes one a cycle while it is not full, and gives one a cycle.

    An item can leave ``LATENCY`` cycles after it came. The places lie in a memory that answers in
    the same cycle, and one flip-flop tells full from empty: nothing is counted. The free place is
    written in each cycle, so that the write does not wait for ``i.valid``.

    Parameters
    ----------
    shape : ShapeLike
        Of an item.
    depth : int, at least 2

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape))
    room : Out(1)
        An item that comes in the next cycle finds a place.
    """

    LATENCY = 1

    def __init__(self, shape: Any, depth: int) -> None:
        self._shape = shape
        self._depth = depth
        super().__init__(
            {
                "i": In(stream.Signature(shape)),
                "o": Out(stream.Signature(shape)),
                "room": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.places = places = Memory(shape=self._shape, depth=self._depth, init=[])
        write, read = places.write_port(), places.read_port(domain="comb")
        first, free = Signal(range(self._depth)), Signal(range(self._depth))
        is_full, meet, has_one, leaves_one = (Signal() for _ in range(4))

        def after(place):
            return Mux(place == self._depth - 1, 0, place + 1)

        m.d.comb += meet.eq(first == free)
        m.d.comb += [self.i.ready.eq(~is_full), self.o.valid.eq(is_full | ~meet)]
        m.d.comb += self.room.eq(~is_full & ~(self.i.valid & has_one))
        m.d.comb += write.en.eq(self.i.ready)
        m.d.comb += [write.addr.eq(free), write.data.eq(self.i.payload)]
        m.d.comb += [read.addr.eq(first), self.o.payload.eq(read.data)]
        takes, gives = self.i.valid & self.i.ready, self.o.valid & self.o.ready
        with m.If(takes):
            m.d.sync += free.eq(after(free))
        with m.If(gives):
            m.d.sync += first.eq(after(first))
            m.d.sync += is_full.eq(0)
        with m.Elif(takes):
            m.d.sync += is_full.eq(has_one)
        # Whether one place is left is compared for all that may happen, which then chooses.
        m.d.comb += leaves_one.eq(after(after(free)) == first)
        with m.If(takes & ~gives):
            m.d.sync += has_one.eq(leaves_one)
        with m.Elif(gives & ~takes):
            m.d.sync += has_one.eq(is_full)
        return m
