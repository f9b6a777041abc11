"""Where the tiles of a group of lanes are: in the front end, pending, or on the way back."""

from amaranth import Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer, Tile

__all__ = ["TilePipeline"]


class TilePipeline(wiring.Component):
    """Lets a tile go on as soon as the place after it is free.

    The front end walks a tile (``tile``); then it is pending, until all lanes of the group have
    done its products; then it is drained (``drained_tile``). A pending tile is drained when the one
    before is written. So lanes that are done with a tile go on with the next one, in the other bank
    of partial sums, while others are still at work. A part of a tile is neither pending nor
    drained.

    Parameters
    ----------
    group : int
        Number of the group: in a shared layer it drains its own output channels only.

    Members
    -------
    layer : In(Layer)
        Must hold still while tiles are inside.
    ready : Out(1)
        The front end is free.
    take : In(1)
        ``next_tile`` is for this group; only while ``ready``.
    next_tile : In(Tile)
    empty : Out(1)
        No tile is anywhere.
    tile, drained_tile : Out(Tile)
        Of ``drained_tile``, the channels are those of the group.
    start_compute, start_drain : Out(1)
        ``tile`` or ``drained_tile`` is new in this cycle, and its work is to begin in the next.
    oldest : Out(1)
        Bank of partial sums that is drained next, or now.
    front_idle, lanes_done, drain_idle : In(1)
        The front end has done with ``tile``, all lanes with bank ``oldest``, and what was drained
        is written.
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

    def __init__(self, group: int) -> None:
        self._group = group
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        in_front, pending, draining = Signal(), Signal(), Signal()
        pending_tile, of_group, has_channels = Signal(Tile), Signal(Tile), Signal()
        m.d.comb += [self.ready.eq(~in_front), self.empty.eq(~(in_front | pending | draining))]

        # In the front end.
        m.d.sync += self.start_compute.eq(self.take)
        with m.If(self.take):
            m.d.sync += [self.tile.eq(self.next_tile), in_front.eq(1)]
        is_walked = in_front & self.front_idle & ~self.start_compute
        with m.If(is_walked & (self.tile.is_part | ~pending)):
            m.d.sync += in_front.eq(0)
            with m.If(~self.tile.is_part):
                m.d.sync += [pending_tile.eq(self.tile), pending.eq(1)]

        # Pending: output channels from ``group * group_channels`` on are the group's.
        bits = [bit for bit in range(self._group.bit_length()) if self._group >> bit & 1]
        first = sum((pending_tile.group_channels << bit for bit in bits), Const(0, 14))[:14]
        rest = pending_tile.channels - first
        most = pending_tile.group_channels - 1
        m.d.comb += [of_group.eq(pending_tile), has_channels.eq(1)]
        with m.If(self.layer.shared):
            m.d.comb += has_channels.eq(rest >= 0)
            m.d.comb += of_group.channels.eq(Mux(rest > most, most, rest))
            m.d.comb += of_group.output_address.eq(pending_tile.output_address + first)
            m.d.comb += of_group.parameters.eq(pending_tile.parameters + first)
            with m.If(self.layer.operand_channel_bytes):
                m.d.comb += of_group.operand_address.eq(pending_tile.operand_address + first)

        # On the way back.
        m.d.sync += self.start_drain.eq(0)
        with m.If(pending & self.lanes_done & ~draining):
            m.d.sync += [self.drained_tile.eq(of_group), pending.eq(0)]
            m.d.sync += [self.start_drain.eq(has_channels), draining.eq(1)]
        with m.If(draining & ~self.start_drain & self.drain_idle):
            m.d.sync += [draining.eq(0), self.oldest.eq(~self.oldest)]
        return m
