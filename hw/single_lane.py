"""One lane with one bank of partial sums, and weights from elsewhere."""

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.lane import RIVAL_BITS
from zeroleap.hw.memories import ATTRIBUTES

__all__ = ["SingleControl", "SingleLane"]


class SingleControl(data.Struct):
    """What all lanes do in this cycle; each field belongs to its own stage of the pipeline.

    Attributes
    ----------
    weight : address
        Stage 2: read this weight.
    value : signed(9)
        Stage 3: multiply by this.
    unit : bool
        Stage 3: take 1 for the weight.
    read : address
        Stage 4: read this partial sum; or the one that is drained.
    maximum : bool
        Stage 5: keep the larger instead of adding. Neither may be negative, or above 511.
    forward_1, forward_2 : bool
        Stage 5: the partial sum is that of the product 1 or 2 cycles before.
    clears : bool
        Stage 5: 0 is stored instead.
    write : address
        Stage 6: store the partial sum; or where 0 is stored.
    """

    weight: unsigned(20)
    value: signed(9)
    unit: unsigned(1)
    read: unsigned(12)
    maximum: unsigned(1)
    forward_1: unsigned(1)
    forward_2: unsigned(1)
    clears: unsigned(1)
    write: unsigned(12)


class SingleLane(wiring.Component):
    """Multiplies a weight by an activation and adds the product to a partial sum, each cycle.

    As :class:`zeroleap.hw.lane.Lane`, and in as many cycles, but with fewer registers, at a lower
    clock: a sum is added to in the cycle in which the memory gives it.

    Parameters
    ----------
    partial_sums : int

    Members
    -------
    control : In(SingleControl)
    enable : In(1)
        Stage 3: this lane has a channel here. Otherwise it multiplies by 0.
    weight : In(signed(8))
        Stage 3.
    write_enable : In(1)
        Stage 6: store at ``control.write``.
    sum : Out(signed(32))
        The partial sum at ``control.read``, a cycle later.
    """

    def __init__(self, partial_sums: int) -> None:
        self._partial_sums = partial_sums
        super().__init__(
            {
                "control": In(SingleControl),
                "enable": In(1),
                "weight": In(signed(8)),
                "write_enable": In(1),
                "sum": Out(signed(32)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        control = self.control
        m.submodules.sums = sums = Memory(
            shape=signed(32), depth=self._partial_sums, init=[], attrs=ATTRIBUTES
        )
        read, write = sums.read_port(), sums.write_port()

        # Stages 3 to 5: operands and product.
        value, weight, product = Signal(signed(9)), Signal(signed(8)), Signal(signed(17))
        m.d.sync += value.eq(Mux(self.enable, control.value, 0))
        m.d.sync += weight.eq(Mux(control.unit, 1, self.weight))
        m.d.sync += product.eq(value * weight)

        # Stages 4 to 6: partial sum.
        before, total, earlier = (Signal(signed(32)) for _ in range(3))
        m.d.comb += [read.addr.eq(control.read), self.sum.eq(read.data)]
        m.d.comb += before.eq(
            Mux(control.forward_1, total, Mux(control.forward_2, earlier, read.data))
        )
        m.d.sync += [total.eq(kept(before, product, control.maximum)), earlier.eq(total)]
        with m.If(control.clears):
            m.d.sync += total.eq(0)
        m.d.comb += [write.addr.eq(control.write), write.data.eq(total)]
        m.d.comb += write.en.eq(self.write_enable)
        return m


def kept(before, product, maximum):
    """Add the two, or leave out the smaller: the bits that the larger may have are masked.

    Before the sum, unlike :class:`zeroleap.hw.lane.Lane`: what comes behind an iCE40's carry chain
    takes cells of its own, 14 a lane.
    """
    bits = slice(0, RIVAL_BITS)
    is_less = product[bits].as_unsigned() < before[bits].as_unsigned()
    without_before, without_product = maximum & ~is_less, maximum & is_less
    augend = Cat(before[bits] & ~without_before.replicate(RIVAL_BITS), before[RIVAL_BITS:])
    addend = Cat(product[bits] & ~without_product.replicate(RIVAL_BITS), product[RIVAL_BITS:])
    return augend.as_signed() + addend.as_signed()
