"""Words of a relay whose data come later, against a list."""

import pytest
from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hardware import SEEDS
from list_bench import is_a_list

from zeroleap.hw.word_relay import WordRelay


class Numbered(wiring.Component):
    """A relay of words that have their number in a field, and in all bits of their data.

    The data are there in the cycle after a word was taken, and something else before and after. A
    word that comes out with others than its own is given as ``WRONG``.
    """

    WRONG = 0xFFFF

    i: In(stream.Signature(16))
    o: Out(stream.Signature(16))

    def elaborate(self, platform):
        m = Module()
        m.submodules.relay = relay = WordRelay()
        m.d.comb += [relay.i.valid.eq(self.i.valid), self.i.ready.eq(relay.i.ready)]
        m.d.comb += [
            relay.i.p.weights.eq(self.i.payload),
            relay.i.p.data.as_value().eq(0x5555_5555),
        ]
        own = Cat(self.i.payload, ~self.i.payload)
        is_taken, data = self.i.valid & self.i.ready, Signal(32)
        m.d.sync += data.eq(Mux(is_taken, own, data + 0x1234_5679))
        m.d.comb += relay.data.eq(data)

        number = relay.o.p.weights[:16]
        is_own = relay.o.p.data.as_value() == Cat(number, ~number)
        m.d.comb += [self.o.valid.eq(relay.o.valid), relay.o.ready.eq(self.o.ready)]
        m.d.comb += self.o.payload.eq(Mux(is_own, number, self.WRONG))
        return m


@pytest.mark.parametrize("seed", SEEDS)
def test_is_a_list_of_two_words_that_can_leave_as_their_data_come(seed):
    is_a_list(Numbered(), 2, seed)
