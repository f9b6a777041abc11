"""Counts what a layer does, and keeps the counts for the host."""

from amaranth import Array, Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import COUNTER_STRIDE, COUNTERS
from zeroleap.hw.memories import WordMemory

__all__ = ["Counters"]


class Counters(wiring.Component):
    """Counts cycles, products and words of the layer that runs.

    The counters start again after the last of them, ``cycles``, is stored; that cycle still belongs
    to the layer that ends.

    Parameters
    ----------
    layers : int
        Layers that there is room for.
    groups : int
        Groups of lanes.

    Members
    -------
    clear : In(1)
        Start again from nothing.
    running : In(1)
        This cycle counts.
    active : In, one a group
        Products of the lanes in this cycle.
    read, written : In(groups)
        A word was read from, or a value written to, the activation SRAM.
    store, store_index, layer_index : In
        Keep this counter of this layer.
    read_enable, read_address : In
        From the host.
    read_data : Out(32)
        The counter, a cycle later.
    """

    def __init__(self, layers: int, groups: int = 1) -> None:
        self._layers = layers
        super().__init__(
            {
                "clear": In(1),
                "running": In(1),
                "active": In(ArrayLayout(unsigned(8), groups)),
                "read": In(groups),
                "written": In(groups),
                "store": In(1),
                "store_index": In(range(len(COUNTERS))),
                "layer_index": In(10),
                "read_enable": In(1),
                "read_address": In(20),
                "read_data": Out(32),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.kept = kept = WordMemory(self._layers * COUNTER_STRIDE)
        m.d.comb += [kept.read_enable.eq(self.read_enable), self.read_data.eq(kept.read_data)]
        m.d.comb += kept.read_address.eq(self.read_address)

        # Cycles are ahead by the one in which they are stored.
        counters = {name: Signal(32, name=name, init=name == "cycles") for name in COUNTERS}
        with m.If(self.running):
            m.d.sync += counters["products"].eq(counters["products"] + sum(self.active))
            m.d.sync += counters["words_read"].eq(counters["words_read"] + sum(self.read))
            m.d.sync += counters["words_written"].eq(counters["words_written"] + sum(self.written))
            m.d.sync += counters["cycles"].eq(counters["cycles"] + 1)

        m.d.comb += kept.write_enable.eq(self.store)
        m.d.comb += kept.write_address.eq(self.layer_index * COUNTER_STRIDE + self.store_index)
        m.d.comb += kept.write_data.eq(Array(counters.values())[self.store_index])
        with m.If(self.clear | (self.store & (self.store_index == len(COUNTERS) - 1))):
            m.d.sync += [counter.eq(counter.init) for counter in counters.values()]
        return m
