"""One lane that walks only its own weights that are not zero."""

from amaranth import Module, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.block_walker import BlockWalker
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Layer
from zeroleap.hw.lane import Lane
from zeroleap.hw.lane_stages import LaneStages
from zeroleap.hw.matcher import Matcher, StoredHeader
from zeroleap.hw.picker import Picker
from zeroleap.hw.psum_offsets import OffsetCopy, OffsetTable
from zeroleap.hw.queue import Queue
from zeroleap.hw.streams import Activation, shortened

__all__ = ["SparseLane"]


class SparseLane(wiring.Component):
    """A queue of activations, the blocks of one lane's weights, and the lane.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    i : In(stream.Signature(Activation))
        ``lane`` is not looked at.
    room : Out(2)
        As of its `zeroleap.hw.queue.Queue`.
    offset : In(OffsetCopy)
        For the lane's `OffsetTable`.
    done_bank : Out(1)
        All sums of the other bank are stored.
    busy : Out(1)
        There is a product in this cycle.
    others
        As of :func:`zeroleap.hw.lanes_port.lanes_port`.
    """

    BLOCK_STAGES = BlockWalker.LATENCY + Matcher.LATENCY

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(
            {
                "layer": In(Layer),
                "i": In(stream.Signature(Activation)),
                "room": Out(2),
                "offset": In(OffsetCopy),
                "oldest": In(1),
                "done_bank": Out(1),
                "drain_read": In(12),
                "drain_clear": In(12),
                "drain_clear_enable": In(1),
                "drain_enable": In(1),
                "scrub": In(1),
                "sum": Out(signed(32)),
                "load_enable": In(1),
                "header_enable": In(1),
                "load_address": In(20),
                "load_weight": In(signed(8)),
                "header_address": In(16),
                "load_header": In(StoredHeader),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        waiting = shortened(Activation, weights=config.headers, psum=config.partial_sums, lane=1)
        m.submodules.queue = queue = Queue(waiting, config.queue_depth)
        blocks = min(config.headers, config.partial_sums)
        m.submodules.walker = walker = BlockWalker(blocks, is_dense=False)
        sizes = config.headers, config.weight_bytes, config.partial_sums
        m.submodules.matcher = matcher = Matcher(*sizes)
        m.submodules.picker = picker = Picker(is_dense=False)
        m.submodules.offsets = offsets = OffsetTable(config.partial_sums)
        m.submodules.stages = stages = LaneStages(1, config.partial_sums)
        m.submodules.lane = lane = Lane(config.weight_bytes, config.partial_sums)

        # Activations -> blocks -> blocks with a match -> products.
        m.d.comb += [queue.i.p[name].eq(self.i.p[name]) for name, _ in waiting]
        m.d.comb += [queue.i.valid.eq(self.i.valid), self.i.ready.eq(queue.i.ready)]
        m.d.comb += self.room.eq(queue.room)
        m.d.comb += [walker.i.p[name].eq(queue.o.p[name]) for name, _ in waiting]
        m.d.comb += [walker.i.valid.eq(queue.o.valid), queue.o.ready.eq(walker.i.ready)]
        connect(m, walker.o, matcher.i)
        connect(m, matcher.o, picker.i)
        for block in (walker, matcher, stages):
            m.d.comb += block.layer.eq(self.layer)
        m.d.comb += [picker.oldest.eq(self.oldest), offsets.i.eq(self.offset)]
        m.d.comb += [offsets.position.eq(picker.position), picker.offset.eq(offsets.offset)]

        # Products -> partial sums.
        m.d.comb += [stages.valid.eq(picker.valid), stages.product.eq(picker.product)]
        m.d.comb += [stages.bank.eq(picker.bank), stages.scrub.eq(self.scrub)]
        m.d.comb += stages.drain_read.eq(self.drain_read)
        m.d.comb += stages.drain_clear.eq(self.drain_clear)
        m.d.comb += [lane.control.eq(stages.control), lane.enable.eq(stages.enables)]
        m.d.comb += lane.clear_enable.eq(self.drain_clear_enable)
        m.d.comb += [lane.drain_enable.eq(self.drain_enable), self.sum.eq(lane.sum)]
        m.d.comb += [self.done_bank.eq(stages.done_bank), self.busy.eq(picker.valid)]

        # Loading.
        m.d.comb += [lane.load_enable.eq(self.load_enable), lane.load_data.eq(self.load_weight)]
        m.d.comb += [lane.load_address.eq(self.load_address)]
        m.d.comb += matcher.load_enable.eq(self.header_enable)
        m.d.comb += matcher.load_address.eq(self.header_address)
        m.d.comb += matcher.load_data.eq(self.load_header)
        return m
