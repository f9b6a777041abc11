"""A wire's bits: receives or sends, one byte at a time."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["SERIAL", "Uart"]

SERIAL = {
    "rx": In(1, init=1),
    "tx": Out(1, init=1),
    "talk": In(1),
    "send": In(1),
    "i": In(1),
    "step": Out(1),
    "o": Out(1),
    "done": Out(1),
    "broken": Out(1),
    "silent": Out(1),
}
"""Members of a `Uart`, and of what stands in its place."""


class Uart(wiring.Component):
    """Asynchronous serial port, 8 bits, no parity, one stop bit, in one direction at a time.

    Bits pass one by one, lowest first, so that nothing here keeps a byte. A byte takes 10 bit
    times; a bit is received in its middle.

    Parameters
    ----------
    divisor : int, at least 4
        Clock cycles of a bit.
    silence : int, a power of two, at least 16
        Bit times.

    Members
    -------
    rx : In(1)
    tx : Out(1)
    talk : In(1)
        Nothing is heard; what was half received is forgotten.
    send : In(1)
        Send a byte, if ``talk``; may stay for the next.
    i : In(1)
        The next bit to send; taken with ``step``.
    step : Out(1)
        A bit passes in this cycle.
    o : Out(1)
        The bit received, with ``step``.
    done : Out(1)
        In this cycle a byte is complete.
    broken : Out(1)
        In this cycle a byte is without its stop bit.
    silent : Out(1)
        In this cycle the line has been at rest for another ``silence`` bit times.
    """

    LAST = 9
    """Position of the stop bit; that of the start bit is 0."""

    def __init__(self, divisor: int, silence: int) -> None:
        if divisor < 4:
            raise ValueError(f"divisor must be at least 4, not {divisor!r}")
        if silence < 16 or silence & (silence - 1):
            raise ValueError(f"silence must be a power of two, at least 16, not {silence!r}")
        self._divisor = divisor
        self._silence = silence
        super().__init__(SERIAL)

    def elaborate(self, platform):
        m = Module()
        m.submodules += FFSynchronizer(self.rx, self.o, init=1)
        left = Signal(range(self._divisor))  # cycles to the next tick
        position = Signal(range(self.LAST + 1))
        active, sending, tick = Signal(), Signal(), Signal()
        resting = Signal(range(2 * self._silence))

        m.d.comb += tick.eq(left == 0)
        m.d.sync += left.eq(Mux(tick, self._divisor - 1, left - 1))
        with m.If(~active | (self.talk & ~sending)):
            m.d.sync += [position.eq(0), sending.eq(self.talk)]
            m.d.sync += active.eq(Mux(self.talk, self.send, ~self.o))
            with m.If(self.talk & self.send):
                m.d.sync += left.eq(self._divisor - 1)
            with m.Elif(~self.talk & ~self.o):
                m.d.sync += left.eq(self._divisor // 2 - 1)
        with m.Elif(tick):
            m.d.sync += position.eq(position + 1)
            with m.If(sending):
                m.d.sync += self.tx.eq(self.i)
            with m.If(position == 0):
                m.d.sync += active.eq(sending | ~self.o)
                with m.If(sending):
                    m.d.sync += self.tx.eq(0)
            with m.Elif(position == self.LAST):
                m.d.sync += [active.eq(0), self.tx.eq(1)]
                m.d.comb += self.done.eq(sending | self.o)
                m.d.comb += self.broken.eq(~sending & ~self.o)
            with m.Else():
                m.d.comb += self.step.eq(1)

        m.d.comb += self.silent.eq(resting[-1])
        with m.If(active | self.silent):
            m.d.sync += resting.eq(0)
        with m.Elif(tick):
            m.d.sync += resting.eq(resting + 1)
        return m
