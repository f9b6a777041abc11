"""Remembers what has happened, and raises the interrupt."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.axi.registers import Events

__all__ = ["EventKeeper"]


class EventKeeper(wiring.Component):
    """Sets an event in the cycle after what it tells of has ended, until it is cleared.

    The end of the first ``busy`` is none: so the engine stops after its reset.

    Members
    -------
    busy, moving : In(1)
    clear : In(Events)
        Events to forget; one that happens in the same cycle is kept.
    do_enable, enable : In
        From now on, these raise the interrupt.
    events, enables : Out(Events)
    interrupt : Out(1)
        An event that is enabled has happened.
    """

    busy: In(1)
    moving: In(1)
    clear: In(Events)
    do_enable: In(1)
    enable: In(Events)
    events: Out(Events)
    enables: Out(Events)
    interrupt: Out(1)

    def elaborate(self, platform):
        m = Module()
        was_busy, was_moving, is_ready = Signal(), Signal(), Signal()
        has_stopped, happened = Signal(), Signal(Events)
        m.d.sync += [was_busy.eq(self.busy), was_moving.eq(self.moving)]
        m.d.comb += has_stopped.eq(was_busy & ~self.busy)
        m.d.sync += is_ready.eq(is_ready | has_stopped)
        m.d.comb += happened.stopped.eq(has_stopped & is_ready)
        m.d.comb += happened.moved.eq(was_moving & ~self.moving)

        kept = self.events.as_value() & ~self.clear.as_value()
        m.d.sync += self.events.eq(kept | happened.as_value())
        m.d.sync += self.enables.eq(Mux(self.do_enable, self.enable.as_value(), self.enables))
        m.d.comb += self.interrupt.eq((self.events.as_value() & self.enables.as_value()).any())
        return m
