"""Two places for words whose data come a cycle after the rest."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.relay import Relay
from zeroleap.hw.streams import Word

__all__ = ["WordRelay"]


class WordRelay(wiring.Component):
    """A `Relay` of words, each of which can leave in the cycle in which its data come.

    So what lies between the SRAM and here may end in a register, for which no word waits longer.

    Members
    -------
    i : In(stream.Signature(Word))
        Its ``data`` do not count.
    data : In(32)
        Of the word that was taken in the cycle before; not looked at after a cycle in which none
        was.
    o : Out(stream.Signature(Word))
    """

    i: In(stream.Signature(Word))
    data: In(8 * WORD_BYTES)
    o: Out(stream.Signature(Word))

    def elaborate(self, platform):
        m = Module()
        m.submodules.relay = relay = Relay(Word)
        connect(m, wiring.flipped(self.i), relay.i)
        m.d.comb += [self.o.valid.eq(relay.o.valid), relay.o.ready.eq(self.o.ready)]
        m.d.comb += self.o.payload.eq(relay.o.payload)

        # The latest word is the second of two, or the only one.
        comes, are_two = Signal(), Signal()
        m.d.sync += comes.eq(self.i.valid & self.i.ready)
        m.d.comb += are_two.eq(~self.i.ready)
        first, second = (Signal.like(self.data, reset_less=True) for _ in range(2))
        with m.If(comes):
            m.d.sync += second.eq(self.data)
        with m.If(Mux(are_two, self.o.ready, comes)):
            m.d.sync += first.eq(Mux(comes, self.data, second))
        m.d.comb += self.o.p.data.eq(Mux(comes & ~are_two, self.data, first))
        return m
