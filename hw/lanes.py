"""The lanes, what feeds them and what keeps them in step."""

from amaranth import Module, signed
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Layer, Tile
from zeroleap.hw.lane import Lane
from zeroleap.hw.lane_stages import LaneStages
from zeroleap.hw.streams import Activation
from zeroleap.hw.walker import Walker

__all__ = ["Lanes"]


class Lanes(wiring.Component):
    """A queue of activations, one walker, and the lanes that multiply in step.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    layer, tile : In
        Must hold still until ``idle``.
    i : In(stream.Signature(Activation))
    bank, drain_read, drain_clear, drain_clear_enable : In
        See :class:`zeroleap.hw.lane.LaneControl`.
    load_enable : In(lanes)
        Lanes that store a weight in this cycle.
    load_address, load_data : In
        Where, and which; byte ``lane % 4`` is for ``lane``.
    sums : Out
        One partial sum of each lane, read `Lane.DRAIN_LATENCY` cycles before.
    busy : Out(1)
        The lanes have a product in this cycle, ``active`` of them.
    active : Out(7)
    idle : Out(1)
        No activation is queued and every sum is stored.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(
            {
                "layer": In(Layer),
                "tile": In(Tile),
                "i": In(stream.Signature(Activation)),
                "bank": In(1),
                "drain_read": In(12),
                "drain_clear": In(12),
                "drain_clear_enable": In(1),
                "load_enable": In(config.lanes),
                "load_address": In(20),
                "load_data": In(ArrayLayout(signed(8), 4)),
                "sums": Out(ArrayLayout(signed(32), config.lanes)),
                "busy": Out(1),
                "active": Out(7),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        m.submodules.queue = queue = SyncFIFO(
            width=Activation.as_shape().size, depth=config.queue_depth
        )
        m.submodules.walker = walker = Walker(config.lanes)
        m.submodules.stages = stages = LaneStages(config.lanes)

        m.d.comb += [walker.layer.eq(self.layer), walker.tile.eq(self.tile)]
        m.d.comb += [queue.w_data.eq(self.i.payload), queue.w_en.eq(self.i.valid)]
        m.d.comb += self.i.ready.eq(queue.w_rdy)
        m.d.comb += [walker.i.payload.eq(queue.r_data), walker.i.valid.eq(queue.r_rdy)]
        m.d.comb += queue.r_en.eq(walker.i.ready)

        m.d.comb += [stages.layer.eq(self.layer), stages.valid.eq(walker.valid)]
        m.d.comb += [stages.product.eq(walker.product), stages.enables.eq(walker.enables)]
        m.d.comb += [stages.bank.eq(self.bank), stages.drain_read.eq(self.drain_read)]
        m.d.comb += stages.drain_clear.eq(self.drain_clear)
        m.d.comb += stages.drain_clear_enable.eq(self.drain_clear_enable)

        for index in range(config.lanes):
            lane = Lane(config.weight_bytes, config.partial_sums)
            m.submodules[f"lane_{index}"] = lane
            m.d.comb += [lane.control.eq(stages.control), self.sums[index].eq(lane.sum)]
            m.d.comb += lane.enable.eq(stages.lane_enables[index])
            m.d.comb += lane.load_enable.eq(self.load_enable[index])
            m.d.comb += lane.load_address.eq(self.load_address)
            m.d.comb += lane.load_data.eq(self.load_data[index % 4])

        m.d.comb += [self.busy.eq(walker.valid), self.active.eq(walker.active)]
        m.d.comb += self.idle.eq(~queue.r_rdy & walker.idle & stages.idle)
        return m
