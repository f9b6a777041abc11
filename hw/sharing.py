"""Gives the activations of the first front end to all groups, or each group its own."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.streams import Activation

__all__ = ["Sharing"]


class Sharing(wiring.Component):
    """Connects front ends with lanes.

    Parameters
    ----------
    groups : int

    Members
    -------
    shared : In(1)
        Must hold still while activations are in flight, and the cycle before.
    i, o : arrays of stream.Signature(Activation), one a group
        If shared, an activation of the first ``i`` is taken when all of ``o`` can take it, and
        only then is ``o.valid``: who takes from ``o`` must be ready without waiting for it.
    i_idle, o_idle : one a group
        The front end that a group listens to is idle.
    """

    def __init__(self, groups: int) -> None:
        self._groups = groups
        super().__init__(
            {
                "shared": In(1),
                "i": In(stream.Signature(Activation)).array(groups),
                "o": Out(stream.Signature(Activation)).array(groups),
                "i_idle": In(groups),
                "o_idle": Out(groups),
            }
        )

    def elaborate(self, platform):
        m = Module()
        all_ready = Cat(o.ready for o in self.o).all()
        shared = Signal()  # a copy nearby
        m.d.sync += shared.eq(self.shared)
        for group, (i, o) in enumerate(zip(self.i, self.o, strict=True)):
            with m.If(shared):
                m.d.comb += o.payload.eq(self.i[0].payload)
                m.d.comb += o.valid.eq(self.i[0].valid & all_ready)
                m.d.comb += i.ready.eq(all_ready)
                m.d.comb += self.o_idle[group].eq(self.i_idle[0])
            with m.Else():
                m.d.comb += [o.payload.eq(i.payload), o.valid.eq(i.valid), i.ready.eq(o.ready)]
                m.d.comb += self.o_idle[group].eq(self.i_idle[group])
        return m
