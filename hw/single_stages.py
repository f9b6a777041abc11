"""Carries what lanes with one bank of partial sums must do from stage to stage."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer
from zeroleap.hw.lane import Lane
from zeroleap.hw.single_lane import SingleControl
from zeroleap.hw.streams import Product

__all__ = ["SingleStages"]


class SingleStages(wiring.Component):
    """Delays addresses and values to the stage of the lanes that needs them, once for all lanes.

    What the way back asks for takes as long as with :class:`zeroleap.hw.lane.Lane`.

    Parameters
    ----------
    lanes : int
    partial_sums : int
        Depth of the bank: addresses count modulo the power of two that holds it.

    Members
    -------
    layer : In(Layer)
        Must hold still while products are in flight.
    valid, product : In
        Stage 1, from :class:`zeroleap.hw.picker.Picker`.
    bank : In(1)
        Stage 1: the bank is drained, and there is no product.
    drain_read, drain_clear, drain_clear_enable : In
        What to read, and what to set to 0, in the next cycle.
    scrub : In(1)
        Set the sums at ``drain_clear`` to 0 in the next cycle, in all lanes.
    control : Out(SingleControl)
    enables : Out(lanes)
        Stage 3: lanes that have a product.
    write_enables : Out(lanes)
        Stage 6: lanes that store.
    done_bank : Out(1)
        The bank is drained, and all its sums are stored.
    """

    def __init__(self, lanes: int, partial_sums: int) -> None:
        self._lanes = lanes
        self._psum_bits = (partial_sums - 1).bit_length()
        super().__init__(
            {
                "layer": In(Layer),
                "valid": In(1),
                "product": In(Product),
                "bank": In(1),
                "drain_read": In(12),
                "drain_clear": In(12),
                "drain_clear_enable": In(lanes),
                "scrub": In(1),
                "control": Out(SingleControl),
                "enables": Out(lanes),
                "write_enables": Out(lanes),
                "done_bank": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        control = self.control

        # Chains; index n is what stage n works on.
        psum = self.product.psum[: self._psum_bits]
        valid, place, drained = [None, self.valid], [None, psum], [None, self.bank]
        for stage in range(2, Lane.LATENCY + 1):
            for chain, name in ((valid, "valid"), (place, "place"), (drained, "drained")):
                chain.append(Signal.like(chain[-1], name=f"{name}_{stage}"))
                m.d.sync += chain[-1].eq(chain[-2])
        m.d.sync += self.done_bank.eq(drained[-1])

        value, enables = Signal.like(self.product.value), Signal(self._lanes)
        m.d.sync += [value.eq(self.product.value), control.value.eq(value)]
        m.d.sync += [control.weight.eq(self.product.weight), self.enables.eq(enables)]
        with m.If(self.layer.channelwise):
            m.d.sync += enables.eq(self.valid << self.product.lane)
        with m.Else():
            m.d.sync += enables.eq(self.valid.replicate(self._lanes))
        m.d.comb += control.unit.eq(self.layer.unit_weights)
        m.d.comb += control.maximum.eq(self.layer.maximum)
        m.d.sync += control.forward_1.eq(valid[4] & valid[5] & (place[4] == place[5]))
        m.d.sync += control.forward_2.eq(valid[4] & valid[6] & (place[4] == place[6]))

        # What the way back reads and clears, a cycle late: a lane's memory has no register behind.
        bits = self._psum_bits
        read, clear, clear_enable = Signal(bits), Signal(bits), Signal(self._lanes)
        m.d.sync += [read.eq(self.drain_read), clear.eq(self.drain_clear)]
        m.d.sync += clear_enable.eq(self.drain_clear_enable | self.scrub.replicate(self._lanes))
        m.d.comb += control.clears.eq(drained[5] | self.scrub)
        m.d.comb += control.read.eq(Mux(drained[4], read, place[4]))
        m.d.comb += control.write.eq(Mux(valid[6], place[6], clear))
        m.d.comb += self.write_enables.eq(clear_enable | valid[6].replicate(self._lanes))
        return m
