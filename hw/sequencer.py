"""Runs the program: which tile is computed, which is drained, when a layer ends."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout, View
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile

__all__ = ["Sequencer"]


class Sequencer(wiring.Component):
    """Reads record after record, ahead of time, and lets each take effect when it may.

    A tile begins when the tile before it is computed and the one before that is drained: then the
    banks of partial sums are swapped, and computing the one tile overlaps with draining the other.
    A layer begins when all of the layer before it is written. At the end of a layer its counters
    are stored, one a cycle. After reset, both banks are set to 0 first.

    A record takes ``LOAD_CYCLES`` to read and one cycle, at least, to take effect.

    Parameters
    ----------
    partial_sums : int
        Depth of a bank.

    Members
    -------
    command_valid, command : In
        From the host, while ``busy`` is low.
    busy : Out(1)
        A program runs, or the banks are set to 0. A program starts in the cycle after the command.
    read_address : Out(20)
        To the program SRAM.
    read_data : In(32)
        The word, a cycle later.
    layer, tile, drained_tile : Out
        What is computed, and what is drained.
    start_compute, start_drain : Out(1)
        ``tile`` or ``drained_tile`` is new in this cycle, and its work is to begin in the next.
    bank : Out(1)
        Bank of partial sums that is computed in.
    scrub : Out(1)
        Set the partial sums of the other bank to 0, one after the other.
    compute_idle, drain_idle : In(1)
    store : Out(1)
        Store counter ``store_index`` of layer ``layer_index``.
    store_index, layer_index : Out
    """

    LOAD_CYCLES = RECORD_WORDS + 1
    STORE_CYCLES = len(COUNTERS)

    def __init__(self, partial_sums: int) -> None:
        self._scrub_cycles = (1 << (partial_sums - 1).bit_length()) + 2
        super().__init__(
            {
                "command_valid": In(1),
                "command": In(Command),
                "busy": Out(1),
                "read_address": Out(20),
                "read_data": In(32),
                "layer": Out(Layer),
                "tile": Out(Tile),
                "drained_tile": Out(Tile),
                "start_compute": Out(1),
                "start_drain": Out(1),
                "bank": Out(1),
                "compute_idle": In(1),
                "drain_idle": In(1),
                "store": Out(1),
                "store_index": Out(range(len(COUNTERS))),
                "layer_index": Out(10),
                "scrub": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        record = Signal(ArrayLayout(32, RECORD_WORDS))
        as_layer, as_tile = (
            View(shape, record.as_value()[: shape.as_shape().size]) for shape in (Layer, Tile)
        )
        count = Signal(range(RECORD_WORDS + 1))
        stepping, in_layer, in_tile = Signal(), Signal(), Signal()
        is_started = self.start_compute | self.start_drain
        is_idle = self.compute_idle & self.drain_idle & ~is_started
        m.d.sync += [self.start_compute.eq(0), self.start_drain.eq(0)]

        scrubbed, first_bank = Signal(range(self._scrub_cycles)), Signal(init=1)

        with m.FSM(init="Scrub") as states:
            m.d.comb += self.busy.eq(~states.ongoing("Wait"))

            with m.State("Scrub"):
                m.d.comb += self.scrub.eq(1)
                m.d.sync += scrubbed.eq(scrubbed + 1)
                with m.If(scrubbed == self._scrub_cycles - 1):
                    m.d.sync += [scrubbed.eq(0), self.bank.eq(~self.bank), first_bank.eq(0)]
                    with m.If(~first_bank):
                        m.next = "Wait"

            with m.State("Wait"), m.If(self.command_valid):
                m.d.sync += stepping.eq(self.command != Command.RUN)
                m.next = "Load"
                with m.If(self.command == Command.RESUME):
                    m.next = "Decide"
                with m.Else():
                    m.d.sync += [self.read_address.eq(0), self.layer_index.eq(0)]

            with m.State("Load"):
                m.d.sync += record.as_value().eq(Cat(record.as_value()[32:], self.read_data))
                m.d.sync += count.eq(count + 1)
                with m.If(count == RECORD_WORDS):
                    m.d.sync += count.eq(0)
                    m.next = "Decide"
                with m.Else():
                    m.d.sync += self.read_address.eq(self.read_address + 1)

            with m.State("Decide"), m.If(is_idle):
                with m.If(in_tile):
                    m.d.sync += self.start_drain.eq(1)
                    m.d.sync += [self.drained_tile.eq(self.tile), in_tile.eq(0)]
                    m.d.sync += self.bank.eq(~self.bank)
                with m.If(as_tile.opcode == Opcode.TILE):
                    m.d.sync += self.start_compute.eq(1)
                    m.d.sync += [self.tile.eq(as_tile), in_tile.eq(1)]
                    m.next = "Load"
                with m.Elif(~in_tile & in_layer):
                    m.next = "Store"
                with m.Elif(~in_tile & (as_layer.opcode == Opcode.LAYER)):
                    m.d.sync += [self.layer.eq(as_layer), in_layer.eq(1)]
                    m.next = "Load"
                with m.Elif(~in_tile):
                    m.next = "Wait"

            with m.State("Store"):
                m.d.comb += self.store.eq(1)
                m.d.sync += self.store_index.eq(self.store_index + 1)
                with m.If(self.store_index == self.STORE_CYCLES - 1):
                    m.d.sync += [self.store_index.eq(0), in_layer.eq(0)]
                    m.d.sync += self.layer_index.eq(self.layer_index + 1)
                    m.next = "Decide"
                    with m.If(stepping | (as_layer.opcode != Opcode.LAYER)):
                        m.next = "Wait"
        return m
