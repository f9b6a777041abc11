"""Which outputs an input coordinate meets, in one direction."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import POSITIONS, LayerAxis, TileAxis

__all__ = ["Axis"]


class Axis(wiring.Component):
    """Walks the input coordinates of a tile and names the taps with which each meets an output.

    Input ``i`` meets output ``o`` with tap ``t`` where ``o * stride + t == i + padding``. As ``i``
    grows by one, ``t`` grows by one for the same outputs, and once in ``stride`` a new output
    begins at ``t = 0``. So the taps are a mask that is shifted, and nothing is multiplied or
    divided: stride, padding and tile edges are counted.

    Parameters
    ----------
    taps : int
        Taps of a kernel, at most.

    Members
    -------
    layer, tile : In
        Constants of this direction; must hold still while the tile is walked.
    start : In(1)
        Go to the tile's first coordinate in the next cycle.
    advance : In(1)
        Go to the next coordinate in the next cycle.
    meets : Out(16)
        A bit for each tap with which the coordinate meets an output.
    last : Out(1)
        This is the tile's last coordinate.
    psum : Out(12)
        Offset of the output met with a tap below ``stride``; each ``stride`` taps further, the
        output is one, and ``psum_step``, before.
    """

    layer: In(LayerAxis)
    tile: In(TileAxis)
    start: In(1)
    advance: In(1)
    meets: Out(POSITIONS)
    last: Out(1)
    psum: Out(12)

    def __init__(self, taps: int = POSITIONS) -> None:
        self._taps = taps
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        remaining, outputs, phase = Signal(12), Signal(12), Signal(8)
        meets = Signal(self._taps)
        m.d.comb += self.meets.eq(meets)
        begins, is_new = Signal(), Signal()
        m.d.comb += begins.eq(phase == (self.layer.stride - 1).as_unsigned()[:8])
        m.d.comb += is_new.eq(begins & (outputs != 0))

        with m.If(self.start):
            m.d.sync += [remaining.eq(self.tile.inputs), outputs.eq(self.tile.outputs)]
            m.d.sync += [phase.eq(self.tile.phase), meets.eq(self.tile.meets)]
            m.d.sync += self.psum.eq(self.tile.psum)
        with m.Elif(self.advance):
            m.d.sync += remaining.eq(remaining - 1)
            m.d.sync += phase.eq(Mux(begins, 0, phase + 1))
            m.d.sync += meets.eq(Cat(is_new, meets) & self.tile.kernel)
            m.d.sync += outputs.eq(outputs - is_new)
            with m.If(begins):
                m.d.sync += self.psum.eq(self.psum + self.layer.psum_step)

        m.d.comb += self.last.eq(remaining == 0)
        return m
