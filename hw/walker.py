"""Walks the weights that one activation meets."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import TAPS_BITS, Layer, Tile
from zeroleap.hw.streams import Activation, Product

__all__ = ["Walker"]


class Walker(wiring.Component):
    """Turns each activation into its products, one a cycle for all lanes in step.

    ``for tap_y: for tap_x: for slot:`` one product, ``LATENCY`` cycles after the activation was
    taken; the next activation is taken with the last product of the one before, so that no cycle is
    lost. In a channelwise layer there is one slot, that of the activation's own channel and lane.

    Parameters
    ----------
    lanes : int

    Members
    -------
    layer, tile : In
        Must hold still while activations are in flight.
    i : In(stream.Signature(Activation))
    valid : Out(1)
        ``product`` and ``enables`` describe a product, in this cycle only: lanes never refuse.
    product : Out(Product)
    enables : Out(lanes)
        Lanes that have a channel in this slot.
    active : Out(7)
        How many they are.
    idle : Out(1)
    """

    LATENCY = 1

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        super().__init__(
            {
                "layer": In(Layer),
                "tile": In(Tile),
                "i": In(stream.Signature(Activation)),
                "valid": Out(1),
                "product": Out(Product),
                "enables": Out(lanes),
                "active": Out(7),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()

        taps_y, taps_x, taps_x_all = (Signal(TAPS_BITS) for _ in range(3))  # left after this one
        slots = Signal(12)
        last_slot = Signal(12)
        own_lane = Signal(self._lanes)
        row, column = Signal(Product), Signal(Product)  # where the row and the column began

        m.d.comb += last_slot.eq(Mux(self.layer.channelwise, 0, self.tile.slots - 1))
        is_last = (slots == 0) & (taps_x == 0) & (taps_y == 0)
        m.d.comb += self.i.ready.eq(~self.valid | is_last)

        product = self.product
        with m.If(slots != 0):
            m.d.sync += slots.eq(slots - 1)
            m.d.sync += product.weight.eq(product.weight + self.layer.slot_step)
            m.d.sync += product.psum.eq(product.psum + 1)
        with m.Elif(taps_x != 0):
            weight = column.weight + self.layer.x.tap_step
            psum = column.psum - self.tile.x.psum_step
            m.d.sync += [taps_x.eq(taps_x - 1), slots.eq(last_slot)]
            m.d.sync += [column.weight.eq(weight), column.psum.eq(psum)]
            m.d.sync += [product.weight.eq(weight), product.psum.eq(psum)]
        with m.Elif(taps_y != 0):
            weight = row.weight + self.layer.y.tap_step
            psum = row.psum - self.tile.y.psum_step
            m.d.sync += [taps_y.eq(taps_y - 1), taps_x.eq(taps_x_all), slots.eq(last_slot)]
            m.d.sync += [row.weight.eq(weight), row.psum.eq(psum)]
            m.d.sync += [column.weight.eq(weight), column.psum.eq(psum)]
            m.d.sync += [product.weight.eq(weight), product.psum.eq(psum)]
        with m.If(self.i.ready):
            m.d.sync += self.valid.eq(self.i.valid)
            with m.If(self.i.valid):
                m.d.sync += [taps_y.eq(self.i.p.taps_y - 1), taps_x.eq(self.i.p.taps_x - 1)]
                m.d.sync += [taps_x_all.eq(self.i.p.taps_x - 1), slots.eq(last_slot)]
                for place in (row, column, product):
                    m.d.sync += [place.weight.eq(self.i.p.weight), place.psum.eq(self.i.p.psum)]
                m.d.sync += product.value.eq(self.i.p.value)
                m.d.sync += own_lane.eq(1 << self.i.p.lane)

        in_last_slot = Cat(lane < self.tile.last_lanes for lane in range(self._lanes))
        with m.If(self.layer.channelwise):
            m.d.comb += [self.enables.eq(own_lane), self.active.eq(1)]
        with m.Elif(slots == 0):
            m.d.comb += [self.enables.eq(in_last_slot), self.active.eq(self.tile.last_lanes)]
        with m.Else():
            m.d.comb += [self.enables.eq(-1), self.active.eq(self._lanes)]
        m.d.comb += self.idle.eq(~self.valid)
        return m
