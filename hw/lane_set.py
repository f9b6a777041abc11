"""A set of lanes in step: one walk of the weights serves all of them."""

from amaranth import Array, Module, signed
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.block_walker import BlockWalker
from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.isa import POSITIONS, Layer
from zeroleap.hw.lane import Lane
from zeroleap.hw.lane_stages import LaneStages
from zeroleap.hw.lane_weights import LaneWeights
from zeroleap.hw.picker import Picker
from zeroleap.hw.queue import Queue
from zeroleap.hw.single_lane import SingleLane
from zeroleap.hw.single_stages import SingleStages
from zeroleap.hw.streams import Activation, shortened

__all__ = ["LaneSet"]


class LaneSet(wiring.Component):
    """A queue of activations, one walk of the blocks, and the lanes that multiply in step.

    Parameters
    ----------
    config : EngineConfig
    index : int
        Of the set: its lanes are ``index`` and every ``config.lane_sets``-th from there.

    Attributes
    ----------
    numbers : range
        Its lanes.

    Members
    -------
    i : In(stream.Signature(Activation))
        ``lane`` counts the lanes of the set.
    room : Out(2)
        As of its `zeroleap.hw.queue.Queue`.
    done_bank : Out(1)
        All sums of the other bank are stored; with one bank, all sums are.
    busy : Out(1)
        There is a product in this cycle, in one lane or in all.
    others
        As of :func:`zeroleap.hw.lanes_port.lanes_port`, of the lanes of the set; ``load_data`` is
        for all lanes of the group.
    """

    BLOCK_STAGES = BlockWalker.LATENCY

    def __init__(self, config: EngineConfig, index: int) -> None:
        self._config = config
        self.numbers = range(index, config.lanes, config.lane_sets)
        lanes = len(self.numbers)
        super().__init__(
            {
                "layer": In(Layer),
                "i": In(stream.Signature(Activation)),
                "room": Out(2),
                "oldest": In(1),
                "done_bank": Out(1),
                "drain_read": In(12),
                "drain_clear": In(12),
                "drain_clear_enable": In(lanes),
                "drain_enable": In(lanes),
                "scrub": In(1),
                "sums": Out(ArrayLayout(signed(32), lanes)),
                "load_enable": In(lanes),
                "load_address": In(20),
                "load_data": In(8 * WORD_BYTES),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config, lanes = self._config, len(self.numbers)
        waiting = shortened(
            Activation, weights=config.weight_bytes, psum=config.partial_sums, lane=lanes
        )
        m.submodules.walker = walker = BlockWalker(config.partial_sums, is_dense=True)
        m.submodules.picker = picker = Picker(is_dense=True)
        has_one_bank = config.banks == 1
        stages_of = SingleStages if has_one_bank else LaneStages
        m.submodules.stages = stages = stages_of(lanes, config.partial_sums)

        first = self.i
        if config.queue_depth:
            m.submodules.queue = queue = Queue(waiting, config.queue_depth)
            m.d.comb += [queue.i.p[name].eq(self.i.p[name]) for name, _ in waiting]
            m.d.comb += [queue.i.valid.eq(self.i.valid), self.i.ready.eq(queue.i.ready)]
            m.d.comb += self.room.eq(queue.room)
            first = queue.o
        m.d.comb += [walker.i.p[name].eq(first.p[name]) for name, _ in waiting]
        m.d.comb += [walker.i.valid.eq(first.valid), first.ready.eq(walker.i.ready)]
        connect(m, walker.o, picker.i)
        m.d.comb += [walker.layer.eq(self.layer), picker.oldest.eq(self.oldest)]
        offsets = Array(self.layer.psum_offsets[index] for index in range(POSITIONS))
        m.d.comb += picker.offset.eq(offsets[picker.position])

        m.d.comb += [stages.layer.eq(self.layer), stages.valid.eq(picker.valid)]
        m.d.comb += stages.product.eq(picker.product)
        m.d.comb += [stages.drain_read.eq(self.drain_read), stages.scrub.eq(self.scrub)]
        m.d.comb += stages.drain_clear.eq(self.drain_clear)
        m.d.comb += [self.done_bank.eq(stages.done_bank), self.busy.eq(picker.valid)]
        if has_one_bank:
            self._connect_single(m, picker, stages)
        else:
            self._connect(m, picker, stages)
        return m

    def _connect(self, m, picker, stages):
        """Give each lane its weights and two banks."""
        config = self._config
        m.d.comb += stages.bank.eq(picker.bank)
        for index, number in enumerate(self.numbers):
            lane = Lane(config.weight_bytes, config.partial_sums)
            m.submodules[f"lane_{number}"] = lane
            m.d.comb += [lane.control.eq(stages.control), self.sums[index].eq(lane.sum)]
            m.d.comb += lane.enable.eq(stages.enables[index])
            m.d.comb += lane.clear_enable.eq(self.drain_clear_enable[index])
            m.d.comb += lane.drain_enable.eq(self.drain_enable[index])
            m.d.comb += lane.load_enable.eq(self.load_enable[index])
            m.d.comb += lane.load_address.eq(self.load_address)
            m.d.comb += lane.load_data.eq(self.load_data.word_select(number % WORD_BYTES, 8))

    def _connect_single(self, m, picker, stages):
        """Give each lane one bank, and all of them their weights from one memory.

        The tile is drained as soon as the picker has left its bank.
        """
        config = self._config
        m.d.comb += stages.bank.eq(picker.bank ^ self.oldest)
        m.d.comb += stages.drain_clear_enable.eq(self.drain_clear_enable)
        m.submodules.weights = weights = LaneWeights(config.lanes, config.weight_bytes)
        m.d.comb += weights.read_address.eq(stages.control.weight)
        m.d.comb += weights.load_enable.eq(self.load_enable)
        m.d.comb += [weights.load_address.eq(self.load_address)]
        m.d.comb += weights.load_data.eq(self.load_data)
        for index in self.numbers:
            m.submodules[f"lane_{index}"] = lane = SingleLane(config.partial_sums)
            m.d.comb += [lane.control.eq(stages.control), self.sums[index].eq(lane.sum)]
            m.d.comb += lane.enable.eq(stages.enables[index])
            m.d.comb += lane.write_enable.eq(stages.write_enables[index])
            m.d.comb += lane.weight.eq(weights.read_data[index])
