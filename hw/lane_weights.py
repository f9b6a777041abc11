"""The weights of lanes in step, in one memory of one port."""

from amaranth import Module, Mux, signed
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.memories import ATTRIBUTES

__all__ = ["LaneWeights"]


class LaneWeights(wiring.Component):
    """Reads a weight for each lane, all at one address, except while some are loaded.

    Large RAMs of small FPGAs (SPRAM of the iCE40UP5K) have one port, 16 bits wide, and a bit for
    each half byte to write: a lane alone would take one, and two lanes take one together.

    Parameters
    ----------
    lanes : int
    weight_bytes : int
        Weights of a lane.

    Members
    -------
    read_address : In(20)
    read_data : Out
        A weight for each lane, a cycle later; of no use after a cycle with ``load_enable``.
    load_enable : In(lanes)
        Lanes that store a weight: byte ``lane % 4`` of ``load_data``.
    load_address, load_data : In
    """

    def __init__(self, lanes: int, weight_bytes: int) -> None:
        self._weight_bytes = weight_bytes
        super().__init__(
            {
                "read_address": In(20),
                "read_data": Out(ArrayLayout(signed(8), lanes)),
                "load_enable": In(lanes),
                "load_address": In(20),
                "load_data": In(8 * WORD_BYTES),
            }
        )

    def elaborate(self, platform):
        m = Module()
        lanes = len(self.load_enable)
        m.submodules.rows = rows = Memory(
            shape=8 * lanes, depth=self._weight_bytes, init=[], attrs=ATTRIBUTES
        )
        load, read = rows.write_port(granularity=8), rows.read_port()
        loads = self.load_enable.any()
        m.d.comb += load.addr.eq(Mux(loads, self.load_address, self.read_address))
        m.d.comb += [read.addr.eq(load.addr), load.en.eq(self.load_enable), read.en.eq(~loads)]
        for lane in range(lanes):
            byte = self.load_data.word_select(lane % WORD_BYTES, 8)
            m.d.comb += load.data.word_select(lane, 8).eq(byte)
        m.d.comb += self.read_data.eq(read.data)
        return m
