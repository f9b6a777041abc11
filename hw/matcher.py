"""Finds the weights that are not zero in a block."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import POSITIONS, Header, Layer
from zeroleap.hw.memories import ATTRIBUTES
from zeroleap.hw.streams import Block

__all__ = ["Matcher"]


class Matcher(wiring.Component):
    """Looks up which weights of a block a lane has; leaves out the blocks it need not multiply.

    Takes a block a cycle while there is nothing to multiply in them, or as fast as ``o`` is taken.

    Parameters
    ----------
    headers : int
        Depth of the header SRAM.
    weight_bytes : int
        Depth of the weight SRAM, to which the headers point.

    Members
    -------
    layer : In(Layer)
        Must hold still while blocks are in flight.
    load_enable, load_address, load_data : In
        Store a header.
    i : In(stream.Signature(Block))
        ``weights`` is the address of a header, or nothing if the layer has unit weights.
    o : Out(stream.Signature(Block))
        ``LATENCY`` cycles later. ``weights`` is the address of the first weight, ``kernel`` tells
        which are stored; some of ``positions`` are among them, or the block ``is_end``.
    """

    LATENCY = 2

    def __init__(self, headers: int, weight_bytes: int) -> None:
        self._headers = headers
        self._weight_bits = (weight_bytes - 1).bit_length()
        super().__init__(
            {
                "layer": In(Layer),
                "load_enable": In(1),
                "load_address": In(16),
                "load_data": In(Header),
                "i": In(stream.Signature(Block)),
                "o": Out(stream.Signature(Block)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.headers = headers = Memory(
            shape=POSITIONS + self._weight_bits, depth=self._headers, init=[], attrs=ATTRIBUTES
        )
        load, read = headers.write_port(), headers.read_port()
        m.d.comb += [load.en.eq(self.load_enable), load.addr.eq(self.load_address)]
        m.d.comb += load.data.eq(self.load_data)

        # Stage 1: the SRAM answers.
        asked, asked_valid, asked_leaves = Signal(Block), Signal(), Signal()
        m.d.comb += self.i.ready.eq(~asked_valid | asked_leaves)
        m.d.comb += [read.en.eq(self.i.ready), read.addr.eq(self.i.p.weights)]
        with m.If(self.i.ready):
            m.d.sync += [asked_valid.eq(self.i.valid), asked.eq(self.i.payload)]

        # Stage 2: its answer. A block without a match leaves at once.
        found, kernel = Signal(Block), Signal(POSITIONS)
        m.d.comb += kernel.eq(Mux(self.layer.unit_weights, -1, read.data[:POSITIONS]))
        m.d.comb += [
            self.o.payload.eq(found),
            self.o.p.positions.eq(found.positions & found.kernel),
        ]
        m.d.comb += asked_leaves.eq(~self.o.valid | self.o.ready)
        with m.If(asked_leaves):
            m.d.sync += [found.eq(asked), found.kernel.eq(kernel)]
            m.d.sync += found.weights.eq(read.data[POSITIONS:])
            is_wanted = (asked.positions & kernel).any() | asked.is_end
            m.d.sync += self.o.valid.eq(asked_valid & is_wanted)
        return m
