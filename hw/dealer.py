"""Deals activations out to the lanes that multiply them."""

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from zeroleap.hw.streams import Activation

__all__ = ["Dealer"]


class Dealer(wiring.Component):
    """Gives each activation to all sets of lanes at once, or to one in a channelwise layer.

    On its way to the lanes, which are far apart, it spends a cycle in a register.

    Parameters
    ----------
    sets : int
        Lane ``n`` belongs to set ``n % sets``. A power of two, or as many as there are lanes.

    Members
    -------
    channelwise : In(1)
    i : In(stream.Signature(Activation))
    room : In(2), one a set
        As of its `zeroleap.hw.queue.Queue`. From a register, as it comes from far away too: what it
        does not know of is what ``valid`` tells.
    valid : Out(sets)
        Sets that ``o`` is for.
    o : Out(Activation)
        ``lane`` counts the lanes of the set.
    """

    def __init__(self, sets: int) -> None:
        self._sets = sets
        super().__init__(
            {
                "channelwise": In(1),
                "i": In(stream.Signature(Activation)),
                "room": In(ArrayLayout(2, sets)),
                "valid": Out(sets),
                "o": Out(Activation),
            }
        )

    def elaborate(self, platform):
        m = Module()
        bits = (self._sets - 1).bit_length()
        to_all, number = ~self.channelwise | self.i.p.is_end, self.i.p.lane[:bits]
        chosen = Cat(to_all | (number == index) for index in range(self._sets))
        room, known = Signal(self._sets), Signal.like(self.room, init=[-1] * self._sets)
        m.d.sync += known.eq(self.room)
        for index in range(self._sets):
            for_one, for_two = known[index]
            m.d.comb += room[index].eq(for_two | (for_one & ~self.valid[index]))
        m.d.comb += self.i.ready.eq(Mux(to_all, room.all(), Array(room)[number]))
        m.d.sync += [self.o.eq(self.i.payload), self.o.lane.eq(self.i.p.lane >> bits)]
        takes = self.i.valid & self.i.ready
        m.d.sync += self.valid.eq(chosen & takes.replicate(self._sets))
        return m
