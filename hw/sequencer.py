"""Runs the program: which tile is computed, which is drained, when a layer ends."""

from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout, View
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile

__all__ = ["Sequencer"]


class Sequencer(wiring.Component):
    """Reads record after record, ahead of time, and lets each take effect when it may.

    A tile is in one of three places. The front end walks it (``tile``); then it is pending, until
    all lanes have done its products; then it is drained (``drained_tile``). The front end begins
    the next tile when it is done with one and no other is pending; a pending tile is drained when
    the one before is written. So lanes that are done with a tile go on with the next one, in the
    other bank of partial sums, while others are still at work.

    A layer begins when all of the layer before it is written. At the end of a layer its counters
    are stored, one a cycle. After reset, both banks are set to 0 first.

    A record takes a cycle more to read than it has words and one cycle, at least, to take effect.

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
    oldest : Out(1)
        Bank of partial sums that is drained next, or now.
    scrub : Out(1)
        Set partial sums to 0, one after the other.
    front_idle, lanes_done, drain_idle : In(1)
        The front end has done with ``tile``, all lanes with bank ``oldest``, and what was drained
        is written.
    store : Out(1)
        Store counter ``store_index`` of layer ``layer_index``.
    store_index, layer_index : Out
    """

    LOAD_CYCLES = {opcode: words + 1 for opcode, words in RECORD_WORDS.items()}
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
                "oldest": Out(1),
                "front_idle": In(1),
                "lanes_done": In(1),
                "drain_idle": In(1),
                "store": Out(1),
                "store_index": Out(range(len(COUNTERS))),
                "layer_index": Out(10),
                "scrub": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        most_words = max(RECORD_WORDS.values())
        record = Signal(ArrayLayout(32, most_words))
        as_layer, as_tile = (
            View(shape, record.as_value()[: shape.as_shape().size]) for shape in (Layer, Tile)
        )
        count = Signal(range(most_words + 1))
        stepping, in_layer = Signal(), Signal()
        in_front, pending, draining = Signal(), Signal(), Signal()
        pending_tile = Signal(Tile)
        is_free = ~in_front | self.tile.is_part | ~pending
        scrubbed = Signal(range(self._scrub_cycles))

        with m.FSM(init="Scrub") as states:
            m.d.comb += self.busy.eq(~states.ongoing("Wait"))

            with m.State("Scrub"):
                m.d.comb += self.scrub.eq(1)
                m.d.sync += scrubbed.eq(scrubbed + 1)
                with m.If(scrubbed == self._scrub_cycles - 1):
                    m.next = "Wait"

            with m.State("Wait"), m.If(self.command_valid):
                m.d.sync += stepping.eq(self.command != Command.RUN)
                m.next = "Load"
                with m.If(self.command == Command.RESUME):
                    m.next = "Decide"
                with m.Else():
                    m.d.sync += [self.read_address.eq(0), self.layer_index.eq(0)]

            with m.State("Load"):
                opcode = Mux(count == 1, self.read_data, record[0])[: Shape.cast(Opcode).width]
                words = Signal.like(count)
                with m.Switch(opcode):
                    for kind, size in RECORD_WORDS.items():
                        with m.Case(kind.value):
                            m.d.comb += words.eq(size)
                for index in range(most_words):
                    with m.If(count == index + 1):
                        m.d.sync += record[index].eq(self.read_data)
                m.d.sync += [count.eq(count + 1), self.read_address.eq(self.read_address + 1)]
                with m.If((count != 0) & (count == words)):
                    m.d.sync += [count.eq(0), self.read_address.eq(self.read_address)]
                    m.next = "Decide"

            with m.State("Decide"), m.If(self.front_idle & ~self.start_compute & is_free):
                m.d.sync += in_front.eq(as_tile.opcode == Opcode.TILE)
                with m.If(in_front & ~self.tile.is_part):
                    m.d.sync += [pending_tile.eq(self.tile), pending.eq(1)]
                with m.If(as_tile.opcode == Opcode.TILE):
                    m.d.sync += [self.tile.eq(as_tile), self.start_compute.eq(1)]
                    m.next = "Load"
                with m.Elif(~in_front & ~pending & ~draining):
                    with m.If(in_layer):
                        m.next = "Store"
                    with m.Elif(as_layer.opcode == Opcode.LAYER):
                        m.d.sync += [self.layer.eq(as_layer), in_layer.eq(1)]
                        m.next = "Load"
                    with m.Else():
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

        with m.If(self.start_compute):
            m.d.sync += self.start_compute.eq(0)
        m.d.sync += self.start_drain.eq(0)
        with m.If(pending & self.lanes_done & ~draining):
            m.d.sync += [self.drained_tile.eq(pending_tile), pending.eq(0)]
            m.d.sync += [self.start_drain.eq(1), draining.eq(1)]
        with m.If(draining & ~self.start_drain & self.drain_idle):
            m.d.sync += [draining.eq(0), self.oldest.eq(~self.oldest)]
        return m
