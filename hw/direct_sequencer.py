"""Runs the program tile after tile: records go straight to where they are used."""

from typing import ClassVar

from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout, View
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import COUNTERS, RECORD_WORDS, Command, Layer, Opcode, Tile
from zeroleap.hw.sequencer import Sequencer

__all__ = ["DirectSequencer"]


class DirectSequencer(wiring.Component):
    """Reads a record when the one before has had its effect, into the registers that hold it.

    So there is no copy of it, and the program memory is free while a tile is computed and drained.
    A record is looked at when its first word has come: if a layer ends here, its counters are
    stored first, one a cycle, and the record is then read from its beginning.

    A record takes effect in the last of the cycles in which it is read, one more than
    ``LOAD_CYCLES``. That a layer ends is known ``LOOK_CYCLES`` after its last tile is written.

    Parameters
    ----------
    partial_sums : int
        Depth of a bank.

    Members
    -------
    loads : Out(1)
        The word at ``read_address`` is read.
    command_valid, command, busy, read_address, read_data, layer, starts_layer, tile, take, ready, \
    empty, store, store_index, layer_index, scrub
        As in :class:`zeroleap.hw.sequencer.Sequencer`, of one group. ``tile`` is new in the cycle
        after ``take`` and holds until the next, ``layer`` changes while no tile is anywhere.
    """

    LOAD_CYCLES: ClassVar = {opcode: words + 1 for opcode, words in RECORD_WORDS.items()}
    LOOK_CYCLES = 2
    STORE_CYCLES = Sequencer.STORE_CYCLES

    def __init__(self, partial_sums: int) -> None:
        self._scrub_cycles = (1 << (partial_sums - 1).bit_length()) + 2
        super().__init__(
            {
                "command_valid": In(1),
                "command": In(Command),
                "busy": Out(1),
                "loads": Out(1),
                "read_address": Out(20),
                "read_data": In(32),
                "layer": Out(Layer),
                "starts_layer": Out(1),
                "tile": Out(Tile),
                "take": Out(1),
                "ready": In(1),
                "empty": In(1),
                "store": Out(1),
                "store_index": Out(range(len(COUNTERS))),
                "layer_index": Out(10),
                "scrub": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        records = {
            kind: Signal(ArrayLayout(32, RECORD_WORDS[kind]), name=kind.name.lower())
            for kind in (Opcode.LAYER, Opcode.TILE)
        }
        for kind, o, shape in ((Opcode.LAYER, self.layer, Layer), (Opcode.TILE, self.tile, Tile)):
            m.d.comb += o.eq(View(shape, records[kind].as_value()[: shape.as_shape().size]))
        count = Signal(range(max(RECORD_WORDS.values()) + 2))
        opcode = Signal(Opcode)
        first = self.read_data[: Shape.cast(Opcode).width]
        stepping, in_layer = Signal(), Signal()
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
                with m.If(self.command != Command.RESUME):
                    m.d.sync += [self.read_address.eq(0), self.layer_index.eq(0)]

            with m.State("Load"):
                # The first word is looked at before the next is asked for; then one comes a cycle.
                kind, size = Signal(Opcode), Signal.like(count)
                m.d.comb += [self.loads.eq(1), kind.eq(Mux(count == 1, first, opcode))]
                m.d.sync += [count.eq(count + 1), opcode.eq(kind)]
                m.d.sync += self.read_address.eq(self.read_address + (count != 0))
                for of_kind, record in records.items():
                    with m.If(kind == of_kind):
                        m.d.comb += size.eq(len(record))
                        for index, word in enumerate(record):
                            with m.If(count == (index + 2 if index else 1)):
                                m.d.sync += word.eq(self.read_data)
                is_end = kind == Opcode.END
                with m.If((count == 1) & (is_end | in_layer & (kind == Opcode.LAYER))):
                    m.d.sync += [count.eq(0), self.read_address.eq(self.read_address)]
                    m.next = "Wait"
                    with m.If(in_layer):
                        m.next = "Store"
                with m.Elif(count == size + 1):
                    m.d.sync += [count.eq(0), self.read_address.eq(self.read_address)]
                    with m.If(kind == Opcode.TILE):
                        m.d.comb += self.take.eq(1)
                        m.next = "Run"
                    with m.Else():
                        m.d.comb += self.starts_layer.eq(1)
                        m.d.sync += in_layer.eq(1)

            with m.State("Run"), m.If(self.empty):
                m.next = "Load"

            with m.State("Store"):
                m.d.comb += self.store.eq(1)
                m.d.sync += self.store_index.eq(self.store_index + 1)
                with m.If(self.store_index == self.STORE_CYCLES - 1):
                    m.d.sync += [self.store_index.eq(0), in_layer.eq(0)]
                    m.d.sync += self.layer_index.eq(self.layer_index + 1)
                    m.next = "Load"
                    with m.If(stepping | (opcode == Opcode.END)):
                        m.next = "Wait"
        return m
