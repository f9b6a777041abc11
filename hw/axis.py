"""Which outputs an input coordinate meets, in one direction."""

from amaranth import Module, Mux, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import TAPS_BITS, LayerAxis, TileAxis

__all__ = ["Axis"]


class Axis(wiring.Component):
    """Walks the input coordinates of a tile and names the taps and outputs each of them meets.

    Input ``i`` meets output ``o`` with tap ``t`` where ``o * stride + t == i + padding``. As ``i``
    grows by one, either ``t`` grows by one for the same outputs, or a new output begins at
    ``t = 0``. So nothing is multiplied or divided: stride, padding and tile edges are counted. The
    taps are ``taps`` many: the one at ``weight`` for the output at ``psum``, the next one
    ``tap_step`` further for the output ``psum_step`` before, and so on.

    Members
    -------
    layer, tile : In
        Constants of this direction; must hold still while the tile is walked.
    start : In(1)
        Go to the tile's first coordinate in the next cycle.
    advance : In(1)
        Go to the next coordinate in the next cycle.
    meets : Out(1)
        The coordinate meets an output.
    taps : Out(5)
        How many it meets, if any.
    last : Out(1)
        This is the tile's last coordinate.
    weight, psum : Out
        Offsets of the lowest tap and its output, if there is one.
    """

    layer: In(LayerAxis)
    tile: In(TileAxis)
    start: In(1)
    advance: In(1)
    meets: Out(1)
    taps: Out(unsigned(TAPS_BITS))
    last: Out(1)
    weight: Out(20)
    psum: Out(12)

    def elaborate(self, platform):
        m = Module()

        remaining = Signal(12)
        position = Signal(12)
        phase = Signal(8)
        quotient = Signal(signed(10))
        remainder = Signal(8)

        top = Signal(8)
        m.d.comb += top.eq(self.layer.stride - 1)
        new_phase = phase == top
        new_output = Signal()
        m.d.comb += new_output.eq(new_phase & (position != self.tile.last))

        with m.If(self.start):
            m.d.sync += remaining.eq(self.tile.inputs)
            m.d.sync += position.eq(self.tile.position)
            m.d.sync += phase.eq(self.tile.phase)
            m.d.sync += quotient.eq(self.tile.quotient)
            m.d.sync += remainder.eq(self.tile.remainder)
            m.d.sync += self.weight.eq(self.tile.weight)
            m.d.sync += self.psum.eq(self.tile.psum)
        with m.Elif(self.advance):
            m.d.sync += remaining.eq(remaining - 1)
            m.d.sync += phase.eq(Mux(new_phase, 0, phase + 1))
            m.d.sync += remainder.eq(Mux(remainder == 0, top, remainder - 1))
            m.d.sync += quotient.eq(quotient - (remainder == 0) + new_output)
            m.d.sync += self.weight.eq(self.weight + self.layer.weight_step)
            with m.If(new_output):
                m.d.sync += position.eq(position + 1)
                m.d.sync += self.psum.eq(self.psum + self.tile.psum_step)
                m.d.sync += self.weight.eq(
                    self.weight + self.layer.weight_step - self.layer.tap_step
                )

        m.d.comb += self.last.eq(remaining == 0)
        m.d.comb += self.meets.eq(quotient >= 0)
        m.d.comb += self.taps.eq(Mux(position < quotient, position, quotient) + 1)
        return m
