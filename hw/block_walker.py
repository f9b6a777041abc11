"""Walks the blocks of weights that one activation meets."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import POSITIONS, Layer
from zeroleap.hw.streams import Activation, Block

__all__ = ["BlockWalker"]


class BlockWalker(wiring.Component):
    """Gives an activation once for each block of its channel's weights, a block a cycle.

    The next activation is taken in the cycle after the last block of the one before was given, so
    that no cycle is lost. The end of a tile is one block.

    Parameters
    ----------
    blocks : int
        Most blocks that a channel may have.
    is_dense : bool
        All weights of a block are stored, so that what a channel's last block has no weights for is
        left out here; otherwise no header has it.

    Members
    -------
    layer : In(Layer)
        Must hold still while activations are in flight.
    i : In(stream.Signature(Activation))
    o : Out(stream.Signature(Block))
        ``LATENCY`` cycles after the activation; all of ``kernel`` is 1.
    """

    LATENCY = 1

    layer: In(Layer)
    i: In(stream.Signature(Activation))
    o: Out(stream.Signature(Block))

    def __init__(self, blocks: int, *, is_dense: bool) -> None:
        self._blocks = blocks
        self._is_dense = is_dense
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        layer, block = self.layer, self.o.p
        left = Signal(range(self._blocks))  # blocks after this one ...
        is_last = Signal(init=1)  # ... of which there are none
        positions = Signal(POSITIONS)  # of any of them
        m.d.comb += self.i.ready.eq((~self.o.valid | self.o.ready) & is_last)
        m.d.comb += block.positions.eq(positions)
        if self._is_dense:
            with m.If(is_last):
                m.d.comb += block.positions.eq(positions & layer.last_positions)

        with m.If(self.o.ready & ~is_last):
            m.d.sync += [left.eq(left - 1), is_last.eq(left == 1)]
            m.d.sync += block.weights.eq(block.weights + layer.block_weights)
            m.d.sync += block.psum.eq(block.psum + layer.block_psums)
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
            m.d.sync += left.eq(layer.blocks)
            m.d.sync += is_last.eq(~self.i.valid | self.i.p.is_end | (layer.blocks == 0))
            m.d.sync += positions.eq(self.i.p.positions)
            m.d.sync += [block.is_end.eq(self.i.p.is_end), block.value.eq(self.i.p.value)]
            m.d.sync += [block.weights.eq(self.i.p.weights), block.psum.eq(self.i.p.psum)]
            m.d.sync += block.lane.eq(self.i.p.lane)
        m.d.comb += block.kernel.eq(-1)
        return m
