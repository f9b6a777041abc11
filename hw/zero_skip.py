"""Finds the activations that are not zero."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES, Sparsity
from zeroleap.hw.isa import Layer
from zeroleap.hw.multiple import multiple
from zeroleap.hw.ones import are_three, are_two
from zeroleap.hw.streams import Activation, Word

__all__ = ["ZeroSkip"]


class ZeroSkip(wiring.Component):
    """Turns words into the activations that the lanes must multiply.

    Takes a word a cycle while words have none of them, even while the activations of an earlier
    word wait for ``o``; gives one activation a cycle, in the order of the channels. The first
    activation of a word comes ``LATENCY`` cycles after it. With ``sparsity`` ``"none"`` every
    channel counts. The end of a tile is handed on as if it were an activation.

    Parameters
    ----------
    lanes : int
        Lanes that the channels of a channelwise layer are dealt to.
    sparsity : "none", "activation" or "both"

    Members
    -------
    layer : In(Layer)
        Must hold still while words are in flight.
    i : In(stream.Signature(Word))
    o : Out(stream.Signature(Activation))
    idle : Out(1)
        No word is inside.
    """

    LATENCY = 2

    def __init__(self, lanes: int, sparsity: Sparsity) -> None:
        self._lanes = lanes
        self._skips = sparsity != "none"
        super().__init__(
            {
                "layer": In(Layer),
                "i": In(stream.Signature(Word)),
                "o": Out(stream.Signature(Activation)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()

        # Stage 1: which bytes count. A word with none leaves at once.
        word, word_valid, word_leaves = Signal(Word, reset_less=True), Signal(), Signal()
        counts, differs = Signal(WORD_BYTES, reset_less=True), Signal(WORD_BYTES, init=-1)
        m.d.comb += self.i.ready.eq(~word_valid | word_leaves)
        if self._skips:
            zero = self.layer.input_zero_point
            m.d.comb += differs.eq(Cat(self.i.p.data[byte] != zero for byte in range(WORD_BYTES)))
        with m.If(self.i.ready):
            m.d.sync += [word_valid.eq(self.i.valid), word.eq(self.i.payload)]
            m.d.sync += counts.eq(Mux(self.i.p.is_end, 1, self.i.p.mask & differs))

        # Stage 2: hand them out, lowest first.
        current, rest = Signal(Word, reset_less=True), Signal(WORD_BYTES)
        is_last, is_free = Signal(reset_less=True), Signal()
        m.d.comb += is_free.eq(~self.o.valid | (self.o.ready & is_last))
        m.d.comb += word_leaves.eq(word_valid & ((counts == 0) | is_free))
        for index in range(WORD_BYTES):  # all but the lowest, without a carry
            m.d.comb += rest[index].eq(current.mask[index] & current.mask[:index].any())
        # Lane, steps and whether it is the last one are known from registers: what is waited for,
        # and what is added, depends on them.
        steps = Signal(range(WORD_BYTES))
        with m.If(self.o.ready):
            m.d.sync += self._lane_and_steps(steps, current.lane, rest)
            m.d.sync += [current.mask.eq(rest), is_last.eq(~are_three(current.mask))]
        with m.If(is_free):
            m.d.sync += self._lane_and_steps(steps, word.lane, counts)
            m.d.sync += self.o.valid.eq(word_valid & (counts != 0))
            m.d.sync += [current.eq(word), current.mask.eq(counts), is_last.eq(~are_two(counts))]

        for index in reversed(range(WORD_BYTES)):
            with m.If(current.mask[index]):
                m.d.comb += self.o.p.value.eq(current.data[index] - self.layer.input_zero_point)
        step = self.layer.channel_weights
        thrice = Signal(len(step) + 2)
        m.d.sync += thrice.eq(step + (step << 1))
        m.d.comb += self.o.p.weights.eq(current.weights + multiple(step, steps, thrice))
        m.d.comb += self.o.p.psum.eq(current.psum + Mux(self.layer.channelwise, steps, 0))
        m.d.comb += [self.o.p.positions.eq(current.positions), self.o.p.is_end.eq(current.is_end)]
        m.d.comb += self.idle.eq(~word_valid & ~self.o.valid)
        return m

    def _lane_and_steps(self, steps, lane, mask):
        """Keep what belongs to the lowest byte of ``mask``, if ``lane`` is that of the first."""
        lowest, step = lane, 0
        for index in reversed(range(WORD_BYTES)):
            moved, slots = self._deal(lane, index)
            lowest = Mux(mask[index], moved, lowest)
            step = Mux(mask[index], Mux(self.layer.channelwise, slots, index), step)
        return [self.o.p.lane.eq(lowest), steps.eq(step)]

    def _deal(self, lane, index):
        """Lane of the byte ``index`` places after that of ``lane``, and how many slots further."""
        moved, slots = lane + index, 0
        for wraps in range(1, (self._lanes - 1 + index) // self._lanes + 1):
            is_beyond = lane + index >= wraps * self._lanes
            moved = Mux(is_beyond, lane + index - wraps * self._lanes, moved)
            slots = Mux(is_beyond, wraps, slots)
        return moved, slots
