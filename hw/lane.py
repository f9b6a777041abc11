"""One lane: weights, a multiplier and partial sums."""

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["Lane", "LaneControl", "kept"]


class LaneControl(data.Struct):
    """What all lanes do in this cycle; each field belongs to its own stage of the pipeline.

    Attributes
    ----------
    weight : address
        Stage 1: read this weight.
    value : signed(9)
        Stage 2: multiply by this.
    unit : bool
        Stage 2: take 1 for the weight.
    read : address
        Stage 3: read this partial sum.
    forward_2, forward_3 : bool
        Stage 4: the partial sum is that of the product 2 or 3 cycles before.
    maximum : bool
        Stage 5: keep the larger instead of adding. Neither may be negative, or above 511.
    forward_1 : bool
        Stage 5: the partial sum is that of the product a cycle before.
    write_enable, write : bool, address
        Stage 6: store the partial sum.
    read_bank, data_bank, sum_bank, write_bank : bool
        Stages 3 to 6: the bank that is computed in; the other one may be drained.
    drain_read, drain_clear : addresses
        Partial sum to read, and to set to 0, in the other bank.
    begin_scrub, scrub : bool
        Set the partial sums at ``drain_clear`` to 0, in both banks: in the next cycle, in this one.
    """

    weight: unsigned(20)
    value: signed(9)
    unit: unsigned(1)
    read: unsigned(12)
    forward_2: unsigned(1)
    forward_3: unsigned(1)
    maximum: unsigned(1)
    forward_1: unsigned(1)
    write_enable: unsigned(1)
    write: unsigned(12)
    read_bank: unsigned(1)
    data_bank: unsigned(1)
    sum_bank: unsigned(1)
    write_bank: unsigned(1)
    drain_read: unsigned(12)
    drain_clear: unsigned(12)
    begin_scrub: unsigned(1)
    scrub: unsigned(1)


class Lane(wiring.Component):
    """Multiplies a weight by an activation and adds the product to a partial sum, each cycle.

    Sums are 32 bits wide and wrap, as those of the reference do. The weight address of a product
    is given in stage 1, its sum is stored at the end of stage 6, ``LATENCY`` cycles later. A sum
    that is read before it is stored is forwarded. Reading, adding and storing have a stage each:
    block RAM is slow to answer.

    Parameters
    ----------
    weight_bytes, partial_sums : int
        Sizes, as in :class:`zeroleap.hw.config.EngineConfig`.

    Members
    -------
    control : In(LaneControl)
    enable : In(1)
        Stage 2: this lane has a channel here. Otherwise it multiplies by 0.
    clear_enable : In(1)
        Set the partial sum at ``control.drain_clear`` to 0.
    load_enable, load_address, load_data : In
        Store a weight.
    sum : Out(signed(32))
        The partial sum read by ``control.drain_read`` ``DRAIN_LATENCY`` cycles before.
    """

    LATENCY = 6
    DRAIN_LATENCY = 2

    def __init__(self, weight_bytes: int, partial_sums: int) -> None:
        self._weight_bytes = weight_bytes
        self._partial_sums = partial_sums
        super().__init__(
            {
                "control": In(LaneControl),
                "enable": In(1),
                "clear_enable": In(1),
                "load_enable": In(1),
                "load_address": In(20),
                "load_data": In(signed(8)),
                "sum": Out(signed(32)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        control = self.control

        # Nothing below reads what is written in the same cycle, so Yosys need not care for it.
        attributes = {"no_rw_check": 1}
        m.submodules.weights = weights = Memory(
            shape=signed(8), depth=self._weight_bytes, init=[], attrs=attributes
        )
        load, read = weights.write_port(), weights.read_port()
        m.d.comb += [load.addr.eq(self.load_address), load.data.eq(self.load_data)]
        m.d.comb += load.en.eq(self.load_enable)
        m.d.comb += read.addr.eq(control.weight)

        # Stages 2 to 4: operands and product.
        value, weight = Signal(signed(9)), Signal(signed(8))
        multiplied, product = Signal(signed(17)), Signal(signed(17))
        m.d.sync += value.eq(Mux(self.enable, control.value, 0))
        m.d.sync += weight.eq(Mux(control.unit, 1, read.data))
        m.d.sync += [multiplied.eq(value * weight), product.eq(multiplied)]

        # Stages 4 to 6: partial sum.
        computed, drained = Signal(signed(32)), Signal(signed(32))
        stored, before, next_total, total, earlier = (Signal(signed(32)) for _ in range(5))
        with m.If(control.forward_2):
            m.d.sync += stored.eq(total)
        with m.Elif(control.forward_3):
            m.d.sync += stored.eq(earlier)
        with m.Else():
            m.d.sync += stored.eq(computed)
        m.d.comb += before.eq(Mux(control.forward_1, total, stored))
        m.d.comb += next_total.eq(kept(before, product, control.maximum))
        m.d.sync += [total.eq(next_total), earlier.eq(total)]

        for bank in range(2):
            memory = Memory(shape=signed(32), depth=self._partial_sums, init=[], attrs=attributes)
            m.submodules[f"sums_{bank}"] = memory
            read, write = memory.read_port(), memory.write_port()
            m.d.comb += read.addr.eq(
                Mux(control.read_bank == bank, control.read, control.drain_read)
            )
            with m.If(control.data_bank == bank):
                m.d.comb += computed.eq(read.data)
            with m.Else():
                m.d.comb += drained.eq(read.data)
            with m.If((control.write_bank == bank) & ~control.scrub):
                m.d.comb += [write.addr.eq(control.write), write.en.eq(control.write_enable)]
            with m.Else():
                m.d.comb += write.addr.eq(control.drain_clear)
                m.d.comb += write.en.eq(control.scrub | self.clear_enable)
            # Of its own register: a flip-flop's reset gives zeros without a LUT a bit.
            with m.If((control.sum_bank == bank) & ~control.begin_scrub):
                m.d.sync += write.data.eq(next_total)
            with m.Else():
                m.d.sync += write.data.eq(0)
        m.d.sync += self.sum.eq(drained)
        return m


def kept(before, product, maximum):
    """Add the two, or leave out the smaller: the bits that the larger may have are masked."""
    low = LaneControl.as_shape()["value"].width
    is_less = product[:low].as_unsigned() < before[:low].as_unsigned()
    without_before, without_product = maximum & ~is_less, maximum & is_less
    augend = Cat(before[:low] & ~without_before.replicate(low), before[low:]).as_signed()
    addend = Cat(product[:low] & ~without_product.replicate(low), product[low:]).as_signed()
    return augend + addend
