"""One lane that walks only its own weights that are not zero."""

from amaranth import Module, signed
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.block_walker import BlockWalker
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Layer
from zeroleap.hw.lane import Lane
from zeroleap.hw.lane_stages import LaneStages
from zeroleap.hw.matcher import Matcher
from zeroleap.hw.picker import Picker
from zeroleap.hw.streams import Activation

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
                "oldest": In(1),
                "done_bank": Out(1),
                "drain_read": In(12),
                "drain_clear": In(12),
                "drain_clear_enable": In(1),
                "scrub": In(1),
                "sum": Out(signed(32)),
                "load_enable": In(1),
                "header_enable": In(1),
                "load_address": In(20),
                "load_weight": In(signed(8)),
                "load_header": In(32),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        m.submodules.queue = queue = SyncFIFO(
            width=Activation.as_shape().size, depth=config.queue_depth
        )
        m.submodules.walker = walker = BlockWalker()
        m.submodules.matcher = matcher = Matcher(config.headers, config.weight_bytes)
        m.submodules.picker = picker = Picker(is_dense=False)
        m.submodules.stages = stages = LaneStages(1)
        m.submodules.lane = lane = Lane(config.weight_bytes, config.partial_sums)

        # Activations -> blocks -> blocks with a match -> products.
        m.d.comb += [queue.w_data.eq(self.i.payload), queue.w_en.eq(self.i.valid)]
        m.d.comb += self.i.ready.eq(queue.w_rdy)
        m.d.comb += [walker.i.payload.eq(queue.r_data), walker.i.valid.eq(queue.r_rdy)]
        m.d.comb += [walker.i.p.lane.eq(0), queue.r_en.eq(walker.i.ready)]
        connect(m, walker.o, matcher.i)
        connect(m, matcher.o, picker.i)
        for block in (walker, matcher, picker, stages):
            m.d.comb += block.layer.eq(self.layer)
        m.d.comb += picker.oldest.eq(self.oldest)

        # Products -> partial sums.
        m.d.comb += [stages.valid.eq(picker.valid), stages.product.eq(picker.product)]
        m.d.comb += [stages.bank.eq(picker.bank), stages.scrub.eq(self.scrub)]
        m.d.comb += stages.drain_read.eq(self.drain_read)
        m.d.comb += stages.drain_clear.eq(self.drain_clear)
        m.d.comb += [lane.control.eq(stages.control), lane.enable.eq(stages.enables)]
        m.d.comb += [lane.clear_enable.eq(self.drain_clear_enable), self.sum.eq(lane.sum)]
        m.d.comb += [self.done_bank.eq(stages.done_bank), self.busy.eq(picker.valid)]

        # Loading.
        m.d.comb += [lane.load_enable.eq(self.load_enable), lane.load_data.eq(self.load_weight)]
        m.d.comb += [lane.load_address.eq(self.load_address)]
        m.d.comb += matcher.load_enable.eq(self.header_enable)
        m.d.comb += matcher.load_address.eq(self.load_address)
        m.d.comb += matcher.load_data.as_value().eq(self.load_header)
        return m
