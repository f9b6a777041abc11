"""Takes finished partial sums out of the lanes, one a cycle."""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer, Tile
from zeroleap.hw.lane import Lane

__all__ = ["Drain"]


class Drain(wiring.Component):
    """Reads the partial sums of a tile pixel by pixel and channel by channel, and clears them.

    The first sum comes ``LATENCY`` cycles after the cycle in which it began, then one each cycle.

    Parameters
    ----------
    lanes : int

    Members
    -------
    start : In(1)
        Begin in the next cycle. ``layer`` and ``tile`` must hold still until ``idle``.
    scrub : In(1)
        Clear one partial sum after the other instead.
    layer, tile : In
    read, clear, clear_enable : Out
        To the lanes.
    sums : In
        What the lanes read `Lane.DRAIN_LATENCY` cycles before.
    parameter : Out(14)
        Entry of the parameter SRAM, whose word must come a cycle later, with ``sum``.
    valid, sum : Out
        Valid in this cycle only: what follows never refuses.
    idle : Out(1)
    """

    LATENCY = Lane.DRAIN_LATENCY + 1

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        super().__init__(
            {
                "start": In(1),
                "scrub": In(1),
                "layer": In(Layer),
                "tile": In(Tile),
                "read": Out(12),
                "clear": Out(12),
                "clear_enable": Out(1),
                "sums": In(ArrayLayout(signed(32), lanes)),
                "parameter": Out(14),
                "valid": Out(1),
                "sum": Out(signed(32)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        running = Signal()
        rows, columns, channels = Signal(12), Signal(12), Signal(14)  # left after this one
        lane = Signal(range(self._lanes))
        parameter = Signal(14)

        # Stage 0: walk.
        is_last_channel, is_last_lane = channels == 0, lane == self._lanes - 1
        with m.If(self.start):
            m.d.sync += [running.eq(1), self.read.eq(0), lane.eq(0)]
            m.d.sync += [rows.eq(self.tile.y.last), columns.eq(self.tile.x.last)]
            m.d.sync += [channels.eq(self.tile.channels), parameter.eq(self.tile.parameters)]
        with m.Elif(running):
            m.d.sync += [channels.eq(channels - 1), lane.eq(lane + 1)]
            m.d.sync += parameter.eq(parameter + ~self.layer.uniform_parameters)
            with m.If(is_last_channel | is_last_lane):
                m.d.sync += [lane.eq(0), self.read.eq(self.read + 1)]
            with m.If(is_last_channel):
                m.d.sync += channels.eq(self.tile.channels)
                m.d.sync += parameter.eq(self.tile.parameters)
                m.d.sync += columns.eq(Mux(columns == 0, self.tile.x.last, columns - 1))
                m.d.sync += rows.eq(rows - (columns == 0))
                m.d.sync += running.eq((columns != 0) | (rows != 0))

        # Stages 1 and 2: the lanes read; clear what all lanes have given.
        m.d.sync += self.clear.eq(self.read)
        m.d.sync += self.clear_enable.eq(running & (is_last_channel | is_last_lane))
        with m.If(self.scrub):
            m.d.sync += [self.clear.eq(self.clear + 1), self.clear_enable.eq(1)]

        picked, picked_valid, picked_parameter = [lane], [running], [parameter]
        for chain in (picked, picked_valid, picked_parameter):
            for stage in range(1, self.LATENCY):
                chain.append(Signal.like(chain[0], name_suffix=f"_{stage}"))
                m.d.sync += chain[-1].eq(chain[-2])
        m.d.comb += self.parameter.eq(picked_parameter[-1])

        # Stage 3: the lane's sum.
        m.d.sync += [self.sum.eq(self.sums[picked[-1]]), self.valid.eq(picked_valid[-1])]
        m.d.comb += self.idle.eq(~(Cat(*picked_valid).any() | self.valid))
        return m
