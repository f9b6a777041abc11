"""What a tile of a group with one bank of partial sums is at, alone."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer, Tile

__all__ = ["SingleTile"]


class SingleTile(wiring.Component):
    """Takes a tile from the front end through the lanes to the way back, and only then the next.

    The front end walks the tile; when all lanes have done its products, it is drained. A part of a
    tile is not drained: the next part follows as soon as the front end is done with it.

    Members
    -------
    layer : In(Layer)
        Not looked at; as in :class:`zeroleap.hw.tile_pipeline.TilePipeline`.
    ready, empty : Out(1)
        There is no tile.
    take : In(1)
        ``next_tile`` is there from the next cycle on; only while ``ready``.
    next_tile : In(Tile)
        Must hold still until ``empty``.
    tile, drained_tile : Out(Tile)
        The same.
    start_compute, start_drain : Out(1)
        The work is to begin in the next cycle.
    oldest : Out(1)
        Changes when a tile is written.
    front_idle, lanes_done, drain_idle : In(1)
        The front end has done with the tile, all lanes too, and what was drained is written.
    """

    layer: In(Layer)
    ready: Out(1)
    take: In(1)
    next_tile: In(Tile)
    empty: Out(1)
    tile: Out(Tile)
    drained_tile: Out(Tile)
    start_compute: Out(1)
    start_drain: Out(1)
    oldest: Out(1)
    front_idle: In(1)
    lanes_done: In(1)
    drain_idle: In(1)

    def elaborate(self, platform):
        m = Module()
        in_front, pending, draining = Signal(), Signal(), Signal()
        m.d.comb += [self.tile.eq(self.next_tile), self.drained_tile.eq(self.next_tile)]
        m.d.comb += self.empty.eq(~(in_front | pending | draining))
        m.d.comb += self.ready.eq(self.empty)

        m.d.sync += [self.start_compute.eq(self.take), self.start_drain.eq(0)]
        with m.If(self.take):
            m.d.sync += in_front.eq(1)
        with m.If(in_front & self.front_idle & ~self.start_compute):
            m.d.sync += [in_front.eq(0), pending.eq(~self.tile.is_part)]
        with m.If(pending & self.lanes_done):
            m.d.sync += [pending.eq(0), self.start_drain.eq(1), draining.eq(1)]
        with m.If(draining & ~self.start_drain & self.drain_idle):
            m.d.sync += [draining.eq(0), self.oldest.eq(~self.oldest)]
        return m
