"""Finds the weights that are not zero in a block."""

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import POSITIONS, Header, Layer
from zeroleap.hw.late_queue import LateQueue
from zeroleap.hw.memories import ATTRIBUTES
from zeroleap.hw.streams import BELOW, Block, shortened

__all__ = ["Matcher", "StoredHeader"]

COMPARED = 8
"""Positions that are compared in the cycle of the look-up; what comes of them, in the next one."""


class StoredHeader(data.Struct):
    """A header, with what is counted of it once instead of with every activation.

    Attributes
    ----------
    header : Header
    below : two counts
        Weights at positions below each of `zeroleap.hw.streams.BELOW`.
    """

    header: Header
    below: data.ArrayLayout(4, len(BELOW))

    @classmethod
    def of(cls, header: data.View) -> list[Value]:
        """Give the parts of what is stored for ``header``, in their order."""
        return [header, *(sum(header.mask[:position])[:4] for position in BELOW)]


class Matcher(wiring.Component):
    """Looks up which weights of a block a lane has; leaves out the blocks it need not multiply.

    The others wait in a queue: while the lane is at work on one, those behind it are looked up, and
    the cycles of blocks without a match are not lost. Takes a block a cycle while that is not full.

    Parameters
    ----------
    headers : int
        Depth of the header SRAM.
    weight_bytes : int
        Depth of the weight SRAM, to which the headers point.
    partial_sums : int
        Depth of a bank; no more bits of ``psum`` are handed on, and none of ``lane``.

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
        which are stored, and all that is nothing with unit weights; some of ``positions`` are among
        them, and no other is left, or the block ``is_end``.
    """

    LATENCY = 1 + LateQueue.LATENCY
    MATCHES = 16
    """Blocks that may wait: as many as the smallest memory of LUTs holds."""

    def __init__(self, headers: int, weight_bytes: int, partial_sums: int) -> None:
        self._headers = headers
        self._weight_bits = (weight_bytes - 1).bit_length()
        self._found = shortened(Block, weights=weight_bytes, psum=partial_sums, lane=1)
        super().__init__(
            {
                "layer": In(Layer),
                "load_enable": In(1),
                "load_address": In(16),
                "load_data": In(StoredHeader),
                "i": In(stream.Signature(Block)),
                "o": Out(stream.Signature(Block)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        kept = data.StructLayout(
            {
                "kernel": POSITIONS,
                "weights": self._weight_bits,
                "below": Block.as_shape()["below"].shape,
            }
        )
        m.submodules.headers = headers = Memory(
            shape=kept, depth=self._headers, init=[], attrs=ATTRIBUTES
        )
        m.submodules.found = found = LateQueue(self._found, self.MATCHES, POSITIONS // COMPARED + 1)
        load, read = headers.write_port(), headers.read_port()
        m.d.comb += [load.en.eq(self.load_enable), load.addr.eq(self.load_address)]
        m.d.comb += load.data.kernel.eq(self.load_data.header.mask)
        m.d.comb += load.data.weights.eq(self.load_data.header.weights)
        m.d.comb += load.data.below.eq(self.load_data.below)

        asked, asked_valid = Signal(Block, reset_less=True), Signal()
        m.d.comb += self.i.ready.eq(~asked_valid | found.i.ready)
        m.d.comb += [read.en.eq(self.i.ready), read.addr.eq(self.i.p.weights)]
        with m.If(self.i.ready):
            m.d.sync += [asked_valid.eq(self.i.valid), asked.eq(self.i.payload)]

        # The SRAM answers late in the cycle: no more depends on it than what the queue writes, and
        # the reasons why it counts.
        header = read.data
        match = asked.positions & (header.kernel | self.layer.unit_weights.replicate(POSITIONS))
        answer = {"positions": match, **{name: header[name] for name, _ in kept}}
        m.d.comb += found.i.valid.eq(asked_valid)
        parts = [slice(at, at + COMPARED) for at in range(0, POSITIONS, COMPARED)]
        stored = [(asked.positions[part] & header.kernel[part]).any() for part in parts]
        any_weight = self.layer.unit_weights & asked.positions.any()
        m.d.comb += found.counts.eq(Cat(*stored, asked.is_end | any_weight))
        for name, _ in self._found:
            m.d.comb += found.i.p[name].eq(answer.get(name, asked[name]))
            m.d.comb += self.o.p[name].eq(found.o.p[name])
        m.d.comb += [self.o.valid.eq(found.o.valid), found.o.ready.eq(self.o.ready)]
        return m
