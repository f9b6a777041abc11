"""A short queue for items of which it is known late in a cycle whether they are any."""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In

from zeroleap.hw.ring import Ring

__all__ = ["LateQueue"]


class LateQueue(Ring):
    """A :class:`zeroleap.hw.queue.Queue` of which an input goes to no more than a flip-flop.

    So that it may follow from a block RAM's answer. Each item is written, and in the next cycle it
    is known whether the next place is free, or still this one. What follows for either case was
    found out in the cycle before: whether the queue takes or gives is a choice of flip-flops.

    Parameters
    ----------
    shape : ShapeLike
        Of an item.
    depth : int, at least 2
    reasons : int
        Bits of ``counts``.

    Members
    -------
    i : In(stream.Signature(shape))
    counts : In(reasons)
        Not 0 with an item that is to be kept; another is taken and forgotten.
    o : Out(stream.Signature(shape))
    """

    def __init__(self, shape: Any, depth: int, reasons: int = 1) -> None:
        super().__init__(shape, depth, counts=In(reasons, init=-1))

    def elaborate(self, platform):
        m = Module()
        first, written, free = (Signal(range(self._depth)) for _ in range(3))
        why, took = Signal.like(self.counts, init=0), Signal()
        m.d.sync += why.eq(Mux(self.i.valid & self.i.ready, self.counts, 0))
        m.d.comb += took.eq(why.any())  # an item, in the cycle before: it is the last one here
        was_full, is_full_with_it = Signal(), Signal()  # without that item, and with it
        has_others = Signal()
        is_full, gives, one_left, has_one = (Signal() for _ in range(4))
        self._keep(m, free, first)

        m.d.comb += free.eq(Mux(took, self._after(written), written))
        m.d.comb += is_full.eq(Mux(took, is_full_with_it, was_full))
        m.d.comb += [self.i.ready.eq(~is_full), self.o.valid.eq(took | has_others)]
        m.d.comb += gives.eq(self.o.valid & self.o.ready)
        m.d.comb += one_left.eq(self._after(free) == first)
        m.d.comb += has_one.eq(self._after(first) == free)

        m.d.sync += written.eq(free)
        m.d.sync += [was_full.eq(is_full & ~gives), is_full_with_it.eq(one_left & ~gives)]
        m.d.sync += has_others.eq(Mux(gives, ~has_one, self.o.valid))
        with m.If(gives):
            m.d.sync += first.eq(self._after(first))
        return m
