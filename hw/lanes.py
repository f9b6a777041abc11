"""Lanes in step: all of them, or in sets that wait for none but a full queue."""

from amaranth import Cat, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import connect

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.dealer import Dealer
from zeroleap.hw.lane_set import LaneSet
from zeroleap.hw.lanes_port import is_done, lanes_port

__all__ = ["Lanes"]


class Lanes(wiring.Component):
    """Sets of lanes in step; in a channelwise layer each activation is for one of them.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    See :func:`zeroleap.hw.lanes_port.lanes_port`; there are no headers.
    """

    BLOCK_STAGES = LaneSet.BLOCK_STAGES

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(lanes_port(config))

    def elaborate(self, platform):
        m = Module()
        config = self._config
        sets = [LaneSet(config, index) for index in range(config.lane_sets)]
        for index, lanes in enumerate(sets):
            m.submodules[f"set_{index}"] = lanes
            own = slice(index, None, config.lane_sets)
            m.d.comb += [lanes.layer.eq(self.layer), lanes.oldest.eq(self.oldest)]
            m.d.comb += [lanes.drain_read.eq(self.drain_read), lanes.scrub.eq(self.scrub)]
            m.d.comb += lanes.drain_clear.eq(self.drain_clear)
            m.d.comb += lanes.drain_clear_enable.eq(self.drain_clear_enable[own])
            m.d.comb += lanes.drain_enable.eq(self.drain_enable[own])
            m.d.comb += lanes.load_enable.eq(self.load_enable[own])
            m.d.comb += lanes.load_address.eq(self.load_address)
            m.d.comb += lanes.load_data.eq(self.load_data)
            m.d.comb += [self.sums[n].eq(lanes.sums[n // config.lane_sets]) for n in lanes.numbers]
        if config.queue_depth:
            self._deal(m, sets)
        else:
            (only,) = sets
            connect(m, wiring.flipped(self.i), only.i)

        done_bank = Cat(lanes.done_bank for lanes in sets)
        has_one_bank = config.banks == 1
        m.d.comb += self.done.eq(
            done_bank.all() if has_one_bank else is_done(m, done_bank, self.oldest)
        )
        products = Mux(self.layer.channelwise, 1, config.lanes // config.lane_sets)
        m.d.sync += self.active.eq(sum(Mux(lanes.busy, products, 0) for lanes in sets))
        return m

    def _deal(self, m, sets):
        """Give activations to the queues of the sets."""
        m.submodules.dealer = dealer = Dealer(len(sets))
        connect(m, wiring.flipped(self.i), dealer.i)
        m.d.comb += dealer.channelwise.eq(self.layer.channelwise)
        m.d.comb += dealer.room.eq(Cat(lanes.room for lanes in sets))
        for index, lanes in enumerate(sets):
            m.d.comb += [lanes.i.payload.eq(dealer.o), lanes.i.valid.eq(dealer.valid[index])]
