"""The places of a queue, and the way from one to the next."""

from typing import Any

from amaranth import Cat, Module, Mux, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["Ring"]


class Ring(wiring.Component):
    """Base of queues: items lie in a memory that answers in the same cycle.

    The free place is written in each cycle in which there is one, so that the write does not wait
    for ``i.valid``.

    Parameters
    ----------
    shape : ShapeLike
        Of an item.
    depth : int, at least 2
    members : wiring.Member
        Besides ``i`` and ``o``.

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape))
    """

    LATENCY = 1

    def __init__(self, shape: Any, depth: int, **members: wiring.Member) -> None:
        self._shape = shape
        self._depth = depth
        ports = {"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))}
        super().__init__({**ports, **members})

    def _keep(self, m: Module, free: Value, first: Value) -> None:
        """Keep what comes at ``free``, and give what lies at ``first``."""
        m.submodules.places = places = Memory(shape=self._shape, depth=self._depth, init=[])
        write, read = places.write_port(), places.read_port(domain="comb")
        m.d.comb += [write.en.eq(self.i.ready), read.addr.eq(first)]
        m.d.comb += [write.addr.eq(free), write.data.eq(self.i.payload)]
        m.d.comb += self.o.payload.eq(read.data)

    def _after(self, place: Value) -> Value:
        """Give the next place; so few bits need no carry chain, which takes more cells."""
        counted = Cat(place[bit] ^ place[:bit].all() for bit in range(len(place)))
        if self._depth == 1 << len(place):
            return counted
        return Mux(place == self._depth - 1, 0, counted)
