"""A short queue."""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib.wiring import Out

from zeroleap.hw.ring import Ring

__all__ = ["Queue"]


class Queue(Ring):
    """Holds up to ``depth`` items; takes one a cycle while it is not full, and gives one a cycle.

    An item can leave ``LATENCY`` cycles after it came. One flip-flop tells full from empty: nothing
    is counted.

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

    def __init__(self, shape: Any, depth: int) -> None:
        super().__init__(shape, depth, room=Out(1))

    def elaborate(self, platform):
        m = Module()
        first, free = Signal(range(self._depth)), Signal(range(self._depth))
        is_full, meet, has_one, leaves_one = (Signal() for _ in range(4))
        self._keep(m, free, first)

        m.d.comb += meet.eq(first == free)
        m.d.comb += [self.i.ready.eq(~is_full), self.o.valid.eq(is_full | ~meet)]
        m.d.comb += self.room.eq(~is_full & ~(self.i.valid & has_one))
        takes, gives = self.i.valid & self.i.ready, self.o.valid & self.o.ready
        with m.If(takes):
            m.d.sync += free.eq(self._after(free))
        with m.If(gives):
            m.d.sync += first.eq(self._after(first))
            m.d.sync += is_full.eq(0)
        with m.Elif(takes):
            m.d.sync += is_full.eq(has_one)
        # Whether one place is left is compared for all that may happen, which then chooses.
        m.d.comb += leaves_one.eq(self._after(self._after(free)) == first)
        with m.If(takes & ~gives):
            m.d.sync += has_one.eq(leaves_one)
        with m.Elif(gives & ~takes):
            m.d.sync += has_one.eq(is_full)
        return m
