"""AXI4-Lite: five channels in, one access after the other out."""

import enum

from amaranth import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.axi.registers import ADDRESS_BITS

__all__ = ["LITE", "Access", "Answer", "LitePort", "Response"]


class Response(enum.Enum):
    """Of the AXI4-Lite specification: done, refused, and no such register."""

    OKAY = 0
    SLVERR = 2
    DECERR = 3


class Access(data.Struct):
    """A word is read or written; ``register`` is its offset in words."""

    register: unsigned(ADDRESS_BITS - 2)
    write: unsigned(1)
    data: unsigned(32)


class Answer(data.Struct):
    """How an access ended, and what was read; nothing is, if it was refused."""

    response: Response
    data: unsigned(32)


LITE = {
    "awaddr": In(ADDRESS_BITS),
    "awprot": In(3),
    "awvalid": In(1),
    "awready": Out(1),
    "wdata": In(32),
    "wstrb": In(4),
    "wvalid": In(1),
    "wready": Out(1),
    "bresp": Out(Response),
    "bvalid": Out(1),
    "bready": In(1),
    "araddr": In(ADDRESS_BITS),
    "arprot": In(3),
    "arvalid": In(1),
    "arready": Out(1),
    "rdata": Out(32),
    "rresp": Out(Response),
    "rvalid": Out(1),
    "rready": In(1),
}
"""Signals by their names in the specification (ARM IHI 0022), as a subordinate has them."""


class LitePort(wiring.Component):
    """Makes accesses of what comes through the channels of AXI4-Lite, and answers them.

    A write's address and data may come in any order. Of a read and a write that wait, each has its
    turn, as an answer is in the way of its own kind only. Every access is answered; a write of some
    bytes of a word is answered ``SLVERR`` and goes no further. The two lowest bits of an address,
    and ``prot``, do not matter.

    Members
    -------
    awaddr to rready
        As in `LITE`. Nothing waits for another channel's ``ready``, and no ``ready`` for its own
        ``valid``.
    access : Out(stream.Signature(Access))
    answer : In(Answer)
        In the cycle in which the access is taken.
    """

    def __init__(self) -> None:
        super().__init__({**LITE, "access": Out(stream.Signature(Access)), "answer": In(Answer)})

    def elaborate(self, platform):
        m = Module()
        access = self.access
        write_address, read_address = Signal(ADDRESS_BITS), Signal(ADDRESS_BITS)
        write_data, is_whole = Signal(32), Signal()
        has_address, has_data, has_read = Signal(), Signal(), Signal()

        # What came waits here until it is answered.
        m.d.comb += [
            self.awready.eq(~has_address),
            self.wready.eq(~has_data),
            self.arready.eq(~has_read),
        ]
        with m.If(self.awvalid & self.awready):
            m.d.sync += [write_address.eq(self.awaddr), has_address.eq(1)]
        with m.If(self.wvalid & self.wready):
            m.d.sync += [write_data.eq(self.wdata), is_whole.eq(self.wstrb.all()), has_data.eq(1)]
        with m.If(self.arvalid & self.arready):
            m.d.sync += [read_address.eq(self.araddr), has_read.eq(1)]
        with m.If(self.bready):
            m.d.sync += self.bvalid.eq(0)
        with m.If(self.rready):
            m.d.sync += self.rvalid.eq(0)

        may_write = has_address & has_data & ~self.bvalid
        may_read = has_read & ~self.rvalid
        with m.FSM():
            with m.State("Choose"):
                with m.If(may_write):
                    m.next = "Write"
                with m.Elif(may_read):
                    m.next = "Read"
            with m.State("Write"):
                m.d.comb += [access.valid.eq(is_whole), access.payload.write.eq(1)]
                m.d.comb += access.payload.data.eq(write_data)
                m.d.comb += access.payload.register.eq(write_address[2:])
                with m.If(access.ready | ~is_whole):
                    m.d.sync += [self.bvalid.eq(1), self.bresp.eq(self.answer.response)]
                    with m.If(~is_whole):
                        m.d.sync += self.bresp.eq(Response.SLVERR)
                    m.d.sync += [has_address.eq(0), has_data.eq(0)]
                    m.next = "Choose"
            with m.State("Read"):
                m.d.comb += access.valid.eq(1)
                m.d.comb += access.payload.register.eq(read_address[2:])
                with m.If(access.ready):
                    m.d.sync += [self.rvalid.eq(1), self.rresp.eq(self.answer.response)]
                    m.d.sync += [self.rdata.eq(self.answer.data), has_read.eq(0)]
                    m.next = "Choose"
        return m
