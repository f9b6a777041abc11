"""Lanes in step: one walk of the weights serves all of them."""

from amaranth import Array, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import connect

from zeroleap.hw.block_walker import BlockWalker
from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.isa import POSITIONS
from zeroleap.hw.lane import Lane
from zeroleap.hw.lane_stages import LaneStages
from zeroleap.hw.lane_weights import LaneWeights
from zeroleap.hw.lanes_port import lanes_port
from zeroleap.hw.picker import Picker
from zeroleap.hw.queue import Queue
from zeroleap.hw.single_lane import SingleLane
from zeroleap.hw.single_stages import SingleStages
from zeroleap.hw.streams import Activation, shortened

__all__ = ["Lanes"]


class Lanes(wiring.Component):
    """A queue of activations, one walk of the blocks, and the lanes that multiply in step.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    See :func:`zeroleap.hw.lanes_port.lanes_port`; there are no headers.
    """

    BLOCK_STAGES = BlockWalker.LATENCY

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(lanes_port(config))

    def elaborate(self, platform):
        m = Module()
        config = self._config
        waiting = shortened(
            Activation,
            weights=config.weight_bytes,
            psum=config.partial_sums,
            lane=config.lanes,
        )
        m.submodules.walker = walker = BlockWalker(config.partial_sums, is_dense=True)
        m.submodules.picker = picker = Picker(is_dense=True)
        has_one_bank = config.banks == 1
        stages_of = SingleStages if has_one_bank else LaneStages
        m.submodules.stages = stages = stages_of(config.lanes, config.partial_sums)

        first = self.i
        if config.queue_depth:
            m.submodules.queue = queue = Queue(waiting, config.queue_depth)
            # On its way from another group's front end an activation spends a cycle in a register.
            m.d.sync += [queue.i.p[name].eq(self.i.p[name]) for name, _ in waiting]
            m.d.sync += queue.i.valid.eq(self.i.valid & self.i.ready)
            m.d.comb += self.i.ready.eq(queue.room)
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
        if has_one_bank:
            self._connect_single(m, picker, stages)
        else:
            self._connect(m, picker, stages)

        all_lanes = Mux(self.layer.channelwise, 1, config.lanes)
        m.d.sync += self.active.eq(Mux(picker.valid, all_lanes, 0))
        return m

    def _connect(self, m, picker, stages):
        """Give each lane its weights and two banks."""
        config = self._config
        m.d.comb += stages.bank.eq(picker.bank)
        m.d.comb += self.done.eq(stages.done_bank != self.oldest)
        for index in range(config.lanes):
            lane = Lane(config.weight_bytes, config.partial_sums)
            m.submodules[f"lane_{index}"] = lane
            m.d.comb += [lane.control.eq(stages.control), self.sums[index].eq(lane.sum)]
            m.d.comb += lane.enable.eq(stages.enables[index])
            m.d.comb += lane.clear_enable.eq(self.drain_clear_enable[index])
            m.d.comb += lane.load_enable.eq(self.load_enable[index])
            m.d.comb += lane.load_address.eq(self.load_address)
            m.d.comb += lane.load_data.eq(self.load_data.word_select(index % WORD_BYTES, 8))

    def _connect_single(self, m, picker, stages):
        """Give each lane one bank, and all of them their weights from one memory.

        The tile is drained as soon as the picker has left its bank.
        """
        config = self._config
        m.d.comb += stages.bank.eq(picker.bank ^ self.oldest)
        m.d.comb += stages.drain_clear_enable.eq(self.drain_clear_enable)
        m.d.comb += self.done.eq(stages.done_bank)
        m.submodules.weights = weights = LaneWeights(config.lanes, config.weight_bytes)
        m.d.comb += weights.read_address.eq(stages.control.weight)
        m.d.comb += weights.load_enable.eq(self.load_enable)
        m.d.comb += [weights.load_address.eq(self.load_address)]
        m.d.comb += weights.load_data.eq(self.load_data)
        for index in range(config.lanes):
            m.submodules[f"lane_{index}"] = lane = SingleLane(config.partial_sums)
            m.d.comb += [lane.control.eq(stages.control), self.sums[index].eq(lane.sum)]
            m.d.comb += lane.enable.eq(stages.enables[index])
            m.d.comb += lane.write_enable.eq(stages.write_enables[index])
            m.d.comb += lane.weight.eq(weights.read_data[index])
