"""One lane: weights, a multiplier and partial sums."""

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["LUT_MEMORY_DEPTH", "RIVAL_BITS", "Lane", "LaneControl"]


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
        Stages 4 and 5: keep the larger instead of adding. Neither may be negative, or above 511.
    forward_1 : bool
        Stage 5: the partial sum is that of the product a cycle before.
    read_bank, data_bank : bool
        Stages 3 and 4: the bank that is computed in; the other one may be drained.
    drain_read : address
        Stage 3: partial sum to read in the other bank.
    owns : a bool a bank
        Stage 5: the partial sum is of this bank. In the other one a sum may be set to 0.
    stores : bool
        Stage 5: there is a partial sum to store.
    scrubs : bool
        Stage 5: a sum is set to 0 in both banks.
    write : an address a bank
        Stage 6: where to store the partial sum, or 0.
    """

    weight: unsigned(20)
    value: signed(9)
    unit: unsigned(1)
    read: unsigned(12)
    forward_2: unsigned(1)
    forward_3: unsigned(1)
    maximum: unsigned(1)
    forward_1: unsigned(1)
    read_bank: unsigned(1)
    data_bank: unsigned(1)
    drain_read: unsigned(12)
    owns: unsigned(2)
    stores: unsigned(1)
    scrubs: unsigned(1)
    write: data.ArrayLayout(12, 2)


LUT_MEMORY_DEPTH = 16
"""Partial sums that the smallest memory of LUTs holds; more are kept in block RAM."""

RIVAL_BITS = LaneControl.as_shape()["value"].width
"""Of a product that may be kept instead of a sum: it is a value, by the weight 1."""


class Lane(wiring.Component):
    """Multiplies a weight by an activation and adds the product to a partial sum, each cycle.

    Sums are 32 bits wide and wrap, as those of the reference do. The weight address of a product
    is given in stage 1, its sum is stored at the end of stage 6, ``LATENCY`` cycles later. A sum
    that is read before it is stored is forwarded. Reading, adding and storing have a stage each:
    block RAM is slow to answer. Sums that fit a memory of LUTs are read a cycle later, when that of
    the third product before is stored. Hardly a flip-flop here is reset: a wire to all of them
    would be a long one, and what stands in them counts for nothing until a product comes.

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
        Stage 5: set the sum at the next ``control.write`` of the bank that is drained to 0.
    drain_enable : In(1)
        In the next cycle ``sum`` is one; otherwise it is 0.
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
                "drain_enable": In(1),
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
        value = Signal(signed(9), reset_less=True)
        weight = Signal(signed(8), reset_less=True)
        multiplied = Signal(signed(17))  # with a reset: else Yosys 0.70 loses an iCE40's multiplier
        augend, rival = Signal(signed(17), reset_less=True), Signal(RIVAL_BITS, reset_less=True)
        m.d.sync += value.eq(Mux(self.enable, control.value, 0))
        m.d.sync += weight.eq(Mux(control.unit, 1, read.data))
        m.d.sync += [multiplied.eq(value * weight), rival.eq(multiplied)]
        m.d.sync += augend.eq(Mux(control.maximum, 0, multiplied))

        # Stages 4 to 6: partial sum. Of the registers that one comes from, all others are 0, for
        # which flip-flops have a reset: to choose would take a LUT a bit.
        before, next_total = Signal(signed(32)), Signal(signed(32))
        total, earlier, recent = (Signal(signed(32), reset_less=True) for _ in range(3))
        is_prompt = self._partial_sums <= LUT_MEMORY_DEPTH
        forwards = control.forward_2 | (control.forward_3 & (not is_prompt))
        forwarded = total if is_prompt else Mux(control.forward_2, total, earlier)
        m.d.sync += recent.eq(Mux(forwards, forwarded, 0))
        sums, drained = ([Signal.like(total) for _ in range(2)] for _ in range(2))  # of both banks
        m.d.comb += before.eq(Mux(control.forward_1, total, sums[0] | sums[1] | recent))
        m.d.comb += next_total.eq(_kept(before, augend, rival, control.maximum))
        m.d.sync += [total.eq(next_total), earlier.eq(total)]
        m.d.comb += self.sum.eq(drained[0] | drained[1])

        # A memory of LUTs answers at once: the register stands before it, and not behind.
        addresses, reads = ("sync", "comb") if is_prompt else ("comb", "sync")
        for bank in range(2):
            read_address = Signal(range(self._partial_sums), reset_less=True)
            memory = Memory(shape=signed(32), depth=self._partial_sums, init=[], attrs=attributes)
            m.submodules[f"sums_{bank}"] = memory
            write, read = memory.write_port(), memory.read_port(domain=reads)
            m.d[addresses] += read_address.eq(
                Mux(control.read_bank == bank, control.read, control.drain_read)
            )
            m.d.comb += read.addr.eq(read_address)
            is_own = control.data_bank == bank
            m.d.sync += sums[bank].eq(Mux(is_own & ~forwards, read.data, 0))
            m.d.sync += drained[bank].eq(Mux(self.drain_enable & ~is_own, read.data, 0))
            # Of its own register: a flip-flop's reset gives zeros without a LUT a bit.
            writes, written = Signal(reset_less=True), Signal(signed(32), reset_less=True)
            with m.If(control.owns[bank]):
                m.d.sync += [writes.eq(control.stores), written.eq(next_total)]
            with m.Else():
                m.d.sync += [writes.eq(control.scrubs | self.clear_enable), written.eq(0)]
            m.d.comb += [write.addr.eq(control.write[bank]), write.en.eq(writes)]
            m.d.comb += write.data.eq(written)
        return m


def _kept(before, augend, rival, maximum):
    """Add ``augend``, or put ``rival`` in the place of what is less; ``augend`` is 0 then.

    Only the bits that a rival has are compared, beside the sum and not before it.
    """
    bits = len(rival)
    total, stays = before + augend, ~maximum | (rival < before[:bits].as_unsigned())
    return Cat(Mux(stays, total[:bits], rival), total[bits:32]).as_signed()
