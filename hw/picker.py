"""Takes the products of a block one by one."""

from amaranth import Array, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import POSITIONS, Layer
from zeroleap.hw.streams import Block, Product

__all__ = ["Picker"]


class Picker(wiring.Component):
    """Gives a product a cycle, position by position; the next block follows without a gap.

    At the end of a tile it goes on to the other bank of partial sums, as soon as that is drained.

    Parameters
    ----------
    is_dense : bool
        All weights of a block are stored, so that a position is an address.

    Members
    -------
    layer : In(Layer)
        Must hold still while blocks are in flight.
    i : In(stream.Signature(Block))
        Only ``positions`` with a weight in ``kernel``, and at least one, or the end.
    oldest : In(1)
        The bank that is drained next, or now; the other one is free.
    valid : Out(1)
        ``product`` is one, in this cycle only: lanes never refuse. ``LATENCY`` cycles after its
        turn came.
    product : Out(Product)
    bank : Out(1)
        Bank of ``product``, and of all that follow until it changes.
    """

    LATENCY = 2

    def __init__(self, *, is_dense: bool) -> None:
        self._is_dense = is_dense
        super().__init__(
            {
                "layer": In(Layer),
                "i": In(stream.Signature(Block)),
                "oldest": In(1),
                "valid": Out(1),
                "product": Out(Product),
                "bank": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # Whose turn it is.
        block, block_valid, bank = Signal(Block), Signal(), Signal()
        rest, is_done = Signal(POSITIONS), Signal()
        m.d.comb += rest.eq(block.positions & (block.positions - 1))
        m.d.comb += is_done.eq(Mux(block.is_end, bank == self.oldest, rest == 0))
        m.d.comb += self.i.ready.eq(~block_valid | is_done)
        m.d.sync += block.positions.eq(rest)
        with m.If(self.i.ready):
            m.d.sync += [block_valid.eq(self.i.valid), block.eq(self.i.payload)]
        with m.If(block_valid & block.is_end & is_done):
            m.d.sync += bank.eq(~bank)

        # Stage 1: the lowest position.
        picked, picked_valid, picked_bank = Signal(Block), Signal(), Signal()
        position = Signal(range(POSITIONS))
        m.d.sync += [picked.eq(block), picked_bank.eq(bank)]
        m.d.sync += picked_valid.eq(block_valid & ~block.is_end)
        for index in reversed(range(POSITIONS)):
            with m.If(block.positions[index]):
                m.d.sync += position.eq(index)

        # Stage 2: its addresses.
        below = sum(picked.kernel[index] & (position > index) for index in range(POSITIONS - 1))
        m.d.sync += [self.valid.eq(picked_valid), self.bank.eq(picked_bank)]
        m.d.sync += [self.product.value.eq(picked.value), self.product.lane.eq(picked.lane)]
        m.d.sync += self.product.weight.eq(picked.weights + (position if self._is_dense else below))
        m.d.sync += self.product.psum.eq(
            picked.psum
            + Array(self.layer.psum_offsets[index] for index in range(POSITIONS))[position]
        )
        return m
