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
    keeps_flags : bool
        What is asked of a counter in each cycle is in a flip-flop beside it: faster, and larger.

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

    def __init__(self, taps: int = POSITIONS, *, keeps_flags: bool = True) -> None:
        self._taps = taps
        self._keeps_flags = keeps_flags
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        remaining, outputs, phase = Signal(12), Signal(12), Signal(8)
        meets, has_outputs, begins = Signal(self._taps), Signal(), Signal()
        is_new = begins & has_outputs
        m.d.comb += self.meets.eq(meets)

        tile = self.tile
        self._count(m, remaining, tile.inputs, remaining - 1, self.last, 0)
        self._count(m, outputs, tile.outputs, outputs - is_new, has_outputs, None)
        following = Mux(begins, 0, phase + 1)
        self._count(m, phase, tile.phase, following, begins, self.layer.last_phase)
        following = Cat(is_new, meets) & tile.kernel
        self._count(m, meets, tile.meets, following, self.is_met, None)
        with m.If(self.start):
            m.d.sync += self.psum.eq(tile.psum)
        with m.Elif(self.advance & begins):
            m.d.sync += self.psum.eq(self.psum + self.layer.psum_step)
        return m

    def _count(self, m, number, first, following, flag, value):
        """Let ``flag`` tell if ``number`` is ``value``, or not 0: kept beside it, or found anew."""
        soon = Signal.like(number, name_suffix="_soon")
        m.d.comb += soon.eq(Mux(self.start, first, following))
        changes = self.start | self.advance

        def flag_of(number):
            return number != 0 if value is None else number == value

        with m.If(changes):
            m.d.sync += number.eq(soon)
        if self._keeps_flags:
            with m.If(changes):
                m.d.sync += flag.eq(flag_of(soon))
        else:
            m.d.comb += flag.eq(flag_of(number))
