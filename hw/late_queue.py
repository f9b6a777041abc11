"""A short queue for items of which it is known late in a cycle whether they are any."""

from amaranth import Module, Mux, Signal

from zeroleap.hw.ring import Ring

__all__ = ["LateQueue"]


class LateQueue(Ring):
    """A :class:`zeroleap.hw.queue.Queue`, but ``i.valid`` goes to no more than one flip-flop.

    So that it may follow from a block RAM's answer. Each item is written, and in the next cycle it
    is known whether the next place is free, or still this one. Parameters and members are those of
    :class:`zeroleap.hw.ring.Ring`.
    """

    def elaborate(self, platform):
        m = Module()
        first, written, free = (Signal(range(self._depth)) for _ in range(3))
        took, was_full, meet, any_or_full = (Signal() for _ in range(4))
        self._keep(m, free, first)

        m.d.comb += free.eq(Mux(took, self._after(written), written))
        m.d.comb += [meet.eq(first == free), any_or_full.eq(took | was_full)]
        m.d.comb += self.i.ready.eq(~(meet & any_or_full))
        m.d.comb += self.o.valid.eq(~meet | any_or_full)
        m.d.sync += [written.eq(free), took.eq(self.i.valid & self.i.ready)]
        m.d.sync += was_full.eq(~self.i.ready)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += first.eq(self._after(first))
            m.d.sync += was_full.eq(0)
        return m
