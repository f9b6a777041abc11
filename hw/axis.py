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
        Constants of this direction; must hold still while the tile is walked, and ``layer`` in the
        cycle before ``start``.
    start : In(1)
        Go to the tile's first coordinate in the next cycle.
    advance : In(1)
        Go to the next coordinate in the next cycle.
    meets : Out(16)
        A bit for each tap with which the coordinate meets an output.
    is_met : Out(1)
        One of them is 1.
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
    is_met: Out(1)
    last: Out(1)
    psum: Out(12)

    def __init__(self, taps: int = POSITIONS) -> None:
        self._taps = taps
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        # What is asked of a counter in each cycle is kept beside it: its zero, in a flip-flop.
        remaining, outputs, phase = Signal(12), Signal(12), Signal(8)
        has_outputs, begins = Signal(), Signal()
        next_phase, meets, next_meets = Signal(8), Signal(self._taps), Signal(self._taps)
        is_new = begins & has_outputs
        last_phase = Signal(8)  # before a new output begins
        m.d.sync += last_phase.eq(self.layer.stride - 1)
        m.d.comb += self.meets.eq(meets)
        m.d.comb += next_phase.eq(Mux(begins, 0, phase + 1))
        m.d.comb += next_meets.eq(Cat(is_new, meets) & self.tile.kernel)

        with m.If(self.start):
            m.d.sync += [remaining.eq(self.tile.inputs), self.last.eq(self.tile.inputs == 0)]
            m.d.sync += [outputs.eq(self.tile.outputs), has_outputs.eq(self.tile.outputs != 0)]
            m.d.sync += [phase.eq(self.tile.phase), begins.eq(self.tile.phase == last_phase)]
            m.d.sync += [meets.eq(self.tile.meets), self.is_met.eq(self.tile.meets != 0)]
            m.d.sync += self.psum.eq(self.tile.psum)
        with m.Elif(self.advance):
            m.d.sync += [remaining.eq(remaining - 1), self.last.eq(remaining == 1)]
            m.d.sync += [phase.eq(next_phase), begins.eq(next_phase == last_phase)]
            m.d.sync += [meets.eq(next_meets), self.is_met.eq(next_meets != 0)]
            with m.If(is_new):
                m.d.sync += [outputs.eq(outputs - 1), has_outputs.eq(outputs != 1)]
            with m.If(begins):
                m.d.sync += self.psum.eq(self.psum + self.layer.psum_step)
        return m
