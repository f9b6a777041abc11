"""Carries what the lanes must do from stage to stage."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer
from zeroleap.hw.lane import Lane, LaneControl
from zeroleap.hw.streams import Product

__all__ = ["LaneStages"]


class LaneStages(wiring.Component):
    """Delays addresses and values to the stage of the lanes that needs them, once for all lanes.

    Also finds the partial sums that are read before they were stored, which the lanes must forward.

    Parameters
    ----------
    lanes : int

    Members
    -------
    layer : In(Layer)
        Must hold still while products are in flight.
    valid, product, enables : In
        Stage 1, from :class:`zeroleap.hw.walker.Walker`.
    bank, drain_read, drain_clear, drain_clear_enable : In
        Handed on.
    control : Out(LaneControl)
    lane_enables : Out(lanes)
        Stage 2.
    idle : Out(1)
        No product is on its way.
    """

    def __init__(self, lanes: int) -> None:
        super().__init__(
            {
                "layer": In(Layer),
                "valid": In(1),
                "product": In(Product),
                "enables": In(lanes),
                "bank": In(1),
                "drain_read": In(12),
                "drain_clear": In(12),
                "drain_clear_enable": In(1),
                "control": Out(LaneControl),
                "lane_enables": Out(lanes),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        control = self.control

        # A chain of valid bits and partial sum addresses; index n is what stage n works on.
        valid, psum = [self.valid], [self.product.psum]
        for stage in range(2, Lane.LATENCY + 1):
            valid.append(Signal(name=f"valid_{stage}"))
            psum.append(Signal(12, name=f"psum_{stage}"))
            m.d.sync += [valid[-1].eq(valid[-2]), psum[-1].eq(psum[-2])]
        _, _, valid_3, valid_4, valid_5, valid_6 = valid
        _, _, psum_3, psum_4, psum_5, psum_6 = psum

        m.d.comb += control.weight.eq(self.product.weight)
        m.d.sync += [control.value.eq(self.product.value), self.lane_enables.eq(self.enables)]
        m.d.comb += [control.unit.eq(self.layer.unit_weights), control.read.eq(psum_3)]
        m.d.comb += control.maximum.eq(self.layer.maximum)
        m.d.sync += control.forward_1.eq(valid_4 & valid_5 & (psum_4 == psum_5))
        m.d.sync += control.forward_2.eq(valid_3 & valid_5 & (psum_3 == psum_5))
        m.d.sync += control.forward_3.eq(valid_3 & valid_6 & (psum_3 == psum_6))
        m.d.comb += [control.write_enable.eq(valid_6), control.write.eq(psum_6)]

        m.d.comb += control.bank.eq(self.bank)
        m.d.comb += control.drain_read.eq(self.drain_read)
        m.d.comb += control.drain_clear.eq(self.drain_clear)
        m.d.comb += control.drain_clear_enable.eq(self.drain_clear_enable)
        m.d.comb += self.idle.eq(~Cat(*valid).any())
        return m
