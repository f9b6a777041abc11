"""Carries what the lanes must do from stage to stage."""

from amaranth import Cat, Module, Mux, Signal
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
    partial_sums : int
        Depth of a bank: addresses count modulo the power of two that holds it.

    Members
    -------
    layer : In(Layer)
        Must hold still while products are in flight.
    valid, product, bank : In
        Stage 1, from :class:`zeroleap.hw.picker.Picker`.
    drain_read : In
        Handed on.
    drain_clear : In
        Handed on in the next cycle, with the lanes' ``clear_enable`` of this one.
    scrub : In(1)
        Set the sums at the ``drain_clear`` of the next cycle to 0, in all lanes.
    control : Out(LaneControl)
    enables : Out(lanes)
        Stage 2: lanes that have a product.
    done_bank : Out(1)
        All sums of the other bank are stored.
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
                "scrub": In(1),
                "control": Out(LaneControl),
                "enables": Out(lanes),
                "done_bank": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        control = self.control

        # Chains of valid bits and partial sums with their banks; index n is what stage n works on.
        psum = self.product.psum[: self._psum_bits]
        valid, place = [self.valid], [Cat(psum, self.bank)]
        for stage in range(2, Lane.LATENCY + 1):
            valid.append(Signal(name=f"valid_{stage}"))
            bits = self._psum_bits + 1
            place.append(Signal(bits, name=f"place_{stage}", reset_less=True))
            m.d.sync += [valid[-1].eq(valid[-2]), place[-1].eq(place[-2])]
        _, _, valid_3, valid_4, valid_5, valid_6 = valid
        _, _, place_3, place_4, place_5, place_6 = place

        m.d.comb += control.weight.eq(self.product.weight)
        m.d.sync += control.value.eq(self.product.value)
        with m.If(self.layer.channelwise):
            m.d.sync += self.enables.eq(self.valid << self.product.lane)
        with m.Else():
            m.d.sync += self.enables.eq(self.valid.replicate(self._lanes))
        m.d.comb += control.unit.eq(self.layer.unit_weights)
        m.d.comb += control.maximum.eq(self.layer.maximum)
        m.d.comb += [control.read.eq(place_3[:-1]), control.read_bank.eq(place_3[-1])]
        m.d.comb += control.data_bank.eq(place_4[-1])
        m.d.sync += control.forward_1.eq(valid_4 & valid_5 & (place_4 == place_5))
        m.d.sync += control.forward_2.eq(valid_3 & valid_5 & (place_3 == place_5))
        m.d.sync += control.forward_3.eq(valid_3 & valid_6 & (place_3 == place_6))
        m.d.sync += self.done_bank.eq(place_6[-1])

        # What is stored, or set to 0, in each bank; where, from a register, as memories are far.
        m.d.comb += [control.drain_read.eq(self.drain_read), control.stores.eq(valid_5)]
        m.d.sync += control.scrubs.eq(self.scrub)
        for bank in range(2):
            m.d.sync += control.owns[bank].eq((place_4[-1] == bank) & ~self.scrub)
            owned = Mux(control.owns[bank], place_5[:-1], self.drain_clear)
            m.d.sync += control.write[bank].eq(owned)
        return m
