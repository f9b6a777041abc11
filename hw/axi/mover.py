"""Transfers between AXI4-Stream and the engine's memories."""

from amaranth import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.axi.registers import Target, Transfer
from zeroleap.hw.isa import HostRequest

__all__ = ["LastWord", "Mover"]


class LastWord(data.Struct):
    """A word of a transfer, and whether it is the last."""

    data: unsigned(32)
    last: unsigned(1)


class Mover(wiring.Component):
    """Makes a request to the engine of each word of a transfer, and lets single ones by.

    A word in takes a cycle, a word out three; while the engine runs it takes none, so that they
    wait.

    Members
    -------
    start, transfer : In
        Begin, if no transfer is under way, one of a word or more.
    stop : In(1)
        End a transfer that writes.
    left : Out(Transfer)
        What has still to be moved; 0 words are no transfer.
    moving : Out(1)
    target : In(Target)
        Of the next word.
    step : Out(1)
        It is being requested.
    singles : In(stream.Signature(HostRequest))
        Taken while there is no transfer.
    answers : Out(stream.Signature(32))
        To those that read.
    i : In(stream.Signature(32))
        Words to be written.
    o : Out(stream.Signature(LastWord))
        Words that were read.
    requests : Out(stream.Signature(HostRequest))
    responses : In(stream.Signature(32))
        The engine's.
    """

    start: In(1)
    transfer: In(Transfer)
    stop: In(1)
    left: Out(Transfer)
    moving: Out(1)
    target: In(Target)
    step: Out(1)
    singles: In(stream.Signature(HostRequest))
    answers: Out(stream.Signature(32))
    i: In(stream.Signature(32))
    o: Out(stream.Signature(LastWord))
    requests: Out(stream.Signature(HostRequest))
    responses: In(stream.Signature(32))

    def elaborate(self, platform):
        m = Module()
        requests, responses, left = self.requests, self.responses, self.left
        asked = Signal()
        m.d.comb += self.moving.eq(left.words != 0)

        with m.If(~self.moving):
            connect(m, wiring.flipped(self.singles), wiring.flipped(requests))
            connect(m, wiring.flipped(responses), wiring.flipped(self.answers))
            with m.If(self.start):
                m.d.sync += left.eq(self.transfer)
        with m.Else():
            m.d.comb += [
                requests.payload.address.eq(self.target.address),
                requests.payload.space.eq(self.target.space),
                requests.payload.write.eq(left.write),
                requests.payload.data.eq(self.i.payload),
                self.step.eq(requests.valid & requests.ready),
                self.o.payload.data.eq(responses.payload),
                self.o.payload.last.eq(left.words == 1),
            ]

        done = Signal()
        with m.If(self.moving & left.write):
            m.d.comb += [requests.valid.eq(self.i.valid), self.i.ready.eq(requests.ready)]
            m.d.comb += done.eq(self.step)
        with m.Elif(self.moving):
            m.d.comb += requests.valid.eq(~asked)
            m.d.comb += [self.o.valid.eq(responses.valid), responses.ready.eq(self.o.ready)]
            m.d.comb += done.eq(self.o.valid & self.o.ready)
            with m.If(self.step | done):
                m.d.sync += asked.eq(self.step)

        with m.If(done):
            m.d.sync += left.words.eq(left.words - 1)
        with m.If(self.stop & left.write):
            m.d.sync += left.words.eq(0)
        return m
