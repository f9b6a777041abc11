"""A short queue."""

from typing import Any

from amaranth import Cat, Module, Signal
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
    room : Out(2)
        An item that comes in the next cycle finds a place; so does another in the cycle after.
    """

    def __init__(self, shape: Any, depth: int) -> None:
        super().__init__(shape, depth, room=Out(2))

    def elaborate(self, platform):
        m = Module()
        first, free = Signal(range(self._depth)), Signal(range(self._depth))
        is_full, meet, has_one, leaves_one, leaves_two = (Signal() for _ in range(5))
        has_two = Signal(init=self._depth == 2)
        self._keep(m, free, first)

        m.d.comb += meet.eq(first == free)
        m.d.comb += [self.i.ready.eq(~is_full), self.o.valid.eq(is_full | ~meet)]
        for_one = ~is_full & ~(self.i.valid & has_one)
        for_two = ~is_full & ~has_one & ~(self.i.valid & has_two)
        m.d.comb += self.room.eq(Cat(for_one, for_two))
        takes, gives = self.i.valid & self.i.ready, self.o.valid & self.o.ready
        with m.If(takes):
            m.d.sync += free.eq(self._after(free))
        with m.If(gives):
            m.d.sync += first.eq(self._after(first))
            m.d.sync += is_full.eq(0)
        with m.Elif(takes):
            m.d.sync += is_full.eq(has_one)
        # Whether one or two are left is compared for all that may happen, which then chooses.
        after_next = self._after(self._after(free))
        m.d.comb += leaves_one.eq(after_next == first)
        if self._depth > 2:
            m.d.comb += leaves_two.eq(self._after(after_next) == first)
        with m.If(takes & ~gives):
            m.d.sync += [has_one.eq(leaves_one), has_two.eq(leaves_two)]
        with m.Elif(gives & ~takes):
            m.d.sync += [has_one.eq(is_full), has_two.eq(has_one)]
        return m
