"""Takes the products of a block one by one."""

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import POSITIONS
from zeroleap.hw.ones import are_three, are_two
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
    i : In(stream.Signature(Block))
        Only ``positions`` with a weight in ``kernel``, and at least one, or the end.
    oldest : In(1)
        The bank that is drained next, or now; the other one is free. Counts from the next cycle on.
    position : Out(4)
        Of the product that comes in the next cycle.
    offset : In(12)
        From the partial sum of a block to that of ``position``, in the same cycle.
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
                "i": In(stream.Signature(Block)),
                "oldest": In(1),
                "position": Out(range(POSITIONS)),
                "offset": In(12),
                "valid": Out(1),
                "product": Out(Product),
                "bank": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # Whose turn it is.
        block, block_valid, bank = Signal(Block, reset_less=True), Signal(), Signal()
        rest, has_rest, is_done = Signal(POSITIONS), Signal(reset_less=True), Signal()
        may_leave, leaves = Signal(init=1), Signal()
        m.d.comb += rest.eq(self._without_lowest(block.positions))
        m.d.comb += is_done.eq(Mux(block.is_end, may_leave, ~has_rest))
        m.d.comb += self.i.ready.eq(~block_valid | is_done)
        m.d.sync += [block.positions.eq(rest), has_rest.eq(self._has_three(block.positions))]
        with m.If(self.i.ready):
            m.d.sync += [block_valid.eq(self.i.valid), block.eq(self.i.payload)]
            m.d.sync += has_rest.eq(self._has_two(self.i.p.positions))
        m.d.comb += leaves.eq(block_valid & block.is_end & may_leave)
        m.d.sync += [bank.eq(bank ^ leaves), may_leave.eq(bank ^ leaves ^ ~self.oldest)]

        # Stage 1: the lowest position.
        picked, picked_valid, picked_bank = Signal(Block, reset_less=True), Signal(), Signal()
        m.d.sync += [picked.eq(block), picked_bank.eq(bank)]
        m.d.sync += picked_valid.eq(block_valid & ~block.is_end)
        for index in reversed(range(POSITIONS)):
            with m.If(block.positions[index]):
                m.d.sync += self.position.eq(index)

        # Stage 2: its addresses.
        place = self.position if self._is_dense else self._below(picked, self.position)
        product = Signal(Product, reset_less=True)
        m.d.comb += self.product.eq(product)
        m.d.sync += [self.valid.eq(picked_valid), self.bank.eq(picked_bank)]
        m.d.sync += [product.value.eq(picked.value), product.lane.eq(picked.lane)]
        m.d.sync += product.weight.eq(picked.weights + place)
        m.d.sync += product.psum.eq(picked.psum + self.offset)
        return m

    def _has_two(self, bits):
        """Tell if there is more than one 1."""
        quads = _quads(bits)
        return Cat(are_two(quad) for quad in quads).any() | are_two(Cat(q.any() for q in quads))

    def _has_three(self, bits):
        """Tell if there are more than two 1s."""
        quads = _quads(bits)
        some = [quad.any() for quad in quads]
        others = (some[:index] + some[index + 1 :] for index in range(len(quads)))
        split = [are_two(q) & Cat(rest).any() for q, rest in zip(quads, others, strict=True)]
        return Cat(*map(are_three, quads), *split, are_three(some)).any()

    def _without_lowest(self, bits):
        """Clear the lowest 1, without a carry chain: a bit stays if there is a 1 below it."""
        quads, kept = _quads(bits), []
        for index, quad in enumerate(quads):
            has_lower = Cat(lower.any() for lower in quads[:index]).any()
            kept += [quad[bit] & (has_lower | quad[:bit].any()) for bit in range(4)]
        return Cat(kept)

    def _below(self, block, position):
        """Count the ones of ``kernel`` below ``position``: all of lower quads, some of its own."""
        quads = _quads(block.kernel)
        first = quads[0]
        count = Cat(first.xor(), are_two(first) & ~first.all(), first.all())
        lower = Array([0, count, *block.below])
        within, quad = position[:2], Array(quads)[position[2:]]
        a, b, c = (quad[index] & (within > index) for index in range(3))
        return lower[position[2:]] + Cat(a ^ b ^ c, (a & b) | (a & c) | (b & c))


def _quads(bits):
    return [bits[index : index + 4] for index in range(0, POSITIONS, 4)]
