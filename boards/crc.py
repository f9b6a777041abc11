"""The check of a frame, a bit at a time."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["POLYNOMIAL", "Crc"]

POLYNOMIAL = 0xEDB88320
"""Of CRC-32/ISO-HDLC (Ethernet, zlib), for the lowest bit first."""


class Crc(wiring.Component):
    """CRC-32/ISO-HDLC of the bits that pass, each byte's lowest first.

    With ``check`` the CRC itself leaves bit by bit, to be sent, or to be compared with what comes.
    Whatever is sent or received later must be preceded by ``clear``.

    Members
    -------
    clear : In(1)
        Begin anew; not together with ``step``.
    step : In(1)
        A bit passes.
    i : In(1)
        It.
    check : In(1)
        It is one of the CRC, and not one that the CRC is of.
    o : Out(1)
        What a bit of the CRC has to be.
    damaged : Out(1)
        A bit of the CRC was something else.
    """

    clear: In(1)
    step: In(1)
    i: In(1)
    check: In(1)
    o: Out(1)
    damaged: Out(1)

    def elaborate(self, platform):
        m = Module()
        state = Signal(32, init=0xFFFFFFFF)
        feedback = Signal()
        m.d.comb += feedback.eq((state[0] ^ self.i) & ~self.check)
        m.d.comb += self.o.eq(~state[0])
        with m.If(self.clear):
            m.d.sync += [state.eq(0xFFFFFFFF), self.damaged.eq(0)]
        with m.Elif(self.step):
            m.d.sync += state.eq((state >> 1) ^ Mux(feedback, POLYNOMIAL, 0))
            with m.If(self.check & (self.i != self.o)):
                m.d.sync += self.damaged.eq(1)
        return m
