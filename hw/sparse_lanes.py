"""Lanes on their own: each skips the weights that are zero, and waits for none but a full queue."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import connect

from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.dealer import Dealer
from zeroleap.hw.isa import Header
from zeroleap.hw.lanes_port import is_done, lanes_port
from zeroleap.hw.matcher import StoredHeader
from zeroleap.hw.psum_offsets import OffsetWriter
from zeroleap.hw.sparse_lane import SparseLane

__all__ = ["SparseLanes"]


class SparseLanes(wiring.Component):
    """Gives each activation to all lanes at once, or to one in a channelwise layer.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    See :func:`zeroleap.hw.lanes_port.lanes_port`.
    """

    BLOCK_STAGES = SparseLane.BLOCK_STAGES

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(lanes_port(config))

    def elaborate(self, platform):
        m = Module()
        m.submodules.offsets = offsets = OffsetWriter()
        m.d.comb += offsets.layer.eq(self.layer)
        lanes = [SparseLane(self._config) for _ in range(self._config.lanes)]
        m.submodules.dealer = dealer = Dealer(len(lanes))
        connect(m, wiring.flipped(self.i), dealer.i)
        m.d.comb += dealer.channelwise.eq(self.layer.channelwise)
        m.d.comb += dealer.room.eq(Cat(lane.room for lane in lanes))

        header, header_address = Signal(StoredHeader), Signal.like(self.load_address)
        m.d.sync += header.eq(Cat(StoredHeader.of(View(Header, self.load_data))))
        m.d.sync += header_address.eq(self.load_address)
        for index, lane in enumerate(lanes):
            m.submodules[f"lane_{index}"] = lane
            m.d.comb += [lane.layer.eq(self.layer), lane.i.payload.eq(dealer.o)]
            m.d.comb += lane.i.valid.eq(dealer.valid[index])
            m.d.comb += lane.offset.eq(offsets.o)
            m.d.comb += [lane.oldest.eq(self.oldest), self.sums[index].eq(lane.sum)]
            m.d.comb += [lane.drain_read.eq(self.drain_read), lane.scrub.eq(self.scrub)]
            m.d.comb += lane.drain_clear.eq(self.drain_clear)
            m.d.comb += lane.drain_clear_enable.eq(self.drain_clear_enable[index])
            m.d.comb += lane.drain_enable.eq(self.drain_enable[index])
            m.d.comb += lane.load_enable.eq(self.load_enable[index])
            m.d.sync += lane.header_enable.eq(self.header_enable[index])
            m.d.comb += lane.load_address.eq(self.load_address)
            m.d.comb += lane.header_address.eq(header_address)
            m.d.comb += lane.load_weight.eq(self.load_data.word_select(index % WORD_BYTES, 8))
            m.d.comb += lane.load_header.eq(header)

        done_bank = Cat(lane.done_bank for lane in lanes)
        m.d.comb += self.done.eq(is_done(m, done_bank, self.oldest))
        m.d.sync += self.active.eq(sum(lane.busy for lane in lanes))
        return m
