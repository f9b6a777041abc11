"""Runs the program: which tile is computed, which is drained, when a layer ends."""

from typing import ClassVar

from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout, View
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile

__all__ = ["Sequencer"]


class Sequencer(wiring.Component):
    """Reads record after record, ahead of time, and lets each take effect when it may.

    A tile goes to the first group of lanes that is ready, or to the one that it is bound to, or to
    all of them together if the layer is ``shared``. A layer begins when all groups are empty. At
    the end of a layer its counters are stored, one a cycle. After reset, partial sums are set to 0
    first.

    A record takes two cycles more to read than it has words and one cycle, at least, to take
    effect.

    Parameters
    ----------
    partial_sums : int
        Depth of a bank.
    groups : int

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
    layer : Out(Layer)
    starts_layer : Out(1)
        ``layer`` is new in the next cycle.
    tile : Out(Tile)
        The tile for the groups in ``take``.
    take : Out(groups)
    ready, empty : In(groups)
        Groups that can take a tile, and that have none anywhere.
    scrub : Out(1)
        Set partial sums to 0, one after the other.
    store : Out(1)
        Store counter ``store_index`` of layer ``layer_index``.
    store_index, layer_index : Out
    """

    LOAD_CYCLES: ClassVar = {opcode: words + 2 for opcode, words in RECORD_WORDS.items()}
    STORE_CYCLES = len(COUNTERS)

    def __init__(self, partial_sums: int, groups: int = 1) -> None:
        self._scrub_cycles = (1 << (partial_sums - 1).bit_length()) + 2
        self._groups = groups
        super().__init__(
            {
                "command_valid": In(1),
                "command": In(Command),
                "busy": Out(1, init=1),  # in a flip-flop, as all that the host asks waits for it
                "read_address": Out(20),
                "read_data": In(32),
                "layer": Out(Layer),
                "starts_layer": Out(1),
                "tile": Out(Tile),
                "take": Out(groups),
                "ready": In(groups),
                "empty": In(groups),
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
        count = Signal(range(most_words + 2))
        # The SRAM answers late, and may be far away: a word spends a cycle in a register.
        word = Signal.like(self.read_data)
        m.d.sync += word.eq(self.read_data)
        stepping, in_layer = Signal(), Signal()
        scrubbed = Signal(range(self._scrub_cycles))

        # Who takes the tile, if this is one.
        takers = Signal(self._groups)
        one_ready = self.ready & Mux(as_tile.is_bound, 1 << as_tile.group, -1)
        m.d.comb += self.tile.eq(as_tile)
        m.d.comb += takers.eq(
            Mux(self.layer.shared, self.ready.all().replicate(self._groups), one_ready & -one_ready)
        )

        with m.FSM(init="Scrub"):
            with m.State("Scrub"):
                m.d.comb += self.scrub.eq(1)
                m.d.sync += scrubbed.eq(scrubbed + 1)
                with m.If(scrubbed == self._scrub_cycles - 1):
                    m.d.sync += self.busy.eq(0)
                    m.next = "Wait"

            with m.State("Wait"), m.If(self.command_valid):
                m.d.sync += self.busy.eq(1)
                m.d.sync += stepping.eq(self.command != Command.RUN)
                m.next = "Load"
                with m.If(self.command == Command.RESUME):
                    m.next = "Decide"
                with m.Else():
                    m.d.sync += [self.read_address.eq(0), self.layer_index.eq(0)]

            with m.State("Load"):
                opcode, is_end = record[0][: Shape.cast(Opcode).width], Signal()
                words = Signal.like(count)
                with m.Switch(opcode):
                    for kind, size in RECORD_WORDS.items():
                        with m.Case(kind.value):
                            m.d.comb += words.eq(size)
                m.d.comb += is_end.eq(word[: len(opcode)] == Opcode.END.value)
                for index in range(most_words):
                    with m.If(count == index + 2):
                        m.d.sync += record[index].eq(word)
                m.d.sync += count.eq(count + 1)
                with m.If((count <= 2) | (count < words)):
                    m.d.sync += self.read_address.eq(self.read_address + 1)
                with m.If(Mux(count == 2, is_end, count == words + 1)):
                    m.d.sync += count.eq(0)
                    m.next = "Decide"

            with m.State("Decide"):
                with m.If(as_tile.opcode == Opcode.TILE):
                    m.d.comb += self.take.eq(takers)
                    with m.If(takers != 0):
                        m.next = "Load"
                with m.Elif(self.empty.all()):
                    with m.If(in_layer):
                        m.next = "Store"
                    with m.Elif(as_layer.opcode == Opcode.LAYER):
                        m.d.comb += self.starts_layer.eq(1)
                        m.d.sync += [self.layer.eq(as_layer), in_layer.eq(1)]
                        m.next = "Load"
                    with m.Else():
                        m.d.sync += self.busy.eq(0)
                        m.next = "Wait"

            with m.State("Store"):
                m.d.comb += self.store.eq(1)
                m.d.sync += self.store_index.eq(self.store_index + 1)
                with m.If(self.store_index == self.STORE_CYCLES - 1):
                    m.d.sync += [self.store_index.eq(0), in_layer.eq(0)]
                    m.d.sync += self.layer_index.eq(self.layer_index + 1)
                    m.next = "Decide"
                    with m.If(stepping | (as_layer.opcode != Opcode.LAYER)):
                        m.d.sync += self.busy.eq(0)
                        m.next = "Wait"
        return m
