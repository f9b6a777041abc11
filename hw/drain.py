"""Takes finished partial sums out of the lanes, one a cycle."""

from functools import reduce
from operator import or_

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from zeroleap.hw.elementwise import Elementwise
from zeroleap.hw.isa import Combination, Layer, Route, Tile
from zeroleap.hw.lane import Lane

__all__ = ["Drain"]


class Drain(wiring.Component):
    """Reads the partial sums of a tile pixel by pixel and channel by channel, and clears them.

    The first sum comes ``LATENCY`` cycles after the cycle in which it began, then one each cycle
    (or every `Elementwise.INTERVAL` cycles, if values are to be combined), except that a pixel, and
    every ``frame`` channels of it (or each, if they are scattered), begin when they may. Where the
    sum of a channel is, its `Route` tells; without, channels are dealt to lanes in turn.

    Parameters
    ----------
    lanes : int
    frame : int
        Channels after which to wait for ``may_begin``.
    has_routes : bool
        Look routes up, unless the layer has ``uniform_parameters``.
    are_masked : bool
        Of ``sums`` all are 0 but the one of the lane that was in ``clear_enable``: a choice of one
        in many is more cells.

    Members
    -------
    start : In(1)
        Begin in the next cycle. ``layer`` and ``tile`` must hold still until ``idle``.
    may_begin : In(1)
        A frame may begin in this cycle.
    scrub : In(1)
        Clear one partial sum after the other instead.
    layer, tile : In
    route_parameter : Out(14)
        Entry of the parameter SRAM, whose route must come a cycle later.
    route : In(Route)
    read, clear : Out(12)
        To the lanes.
    clear_enable : Out(lanes)
        The lane that clears; its sum comes in the next cycle.
    sums : In
        What the lanes read `Lane.DRAIN_LATENCY` cycles before.
    parameter : Out(14)
        Entry of the parameter SRAM, which must come a cycle later, with ``sum``.
    valid, sum : Out
        Valid in this cycle only: what follows never refuses.
    idle : Out(1)
    """

    LATENCY = Lane.DRAIN_LATENCY + 3

    def __init__(
        self, lanes: int, *, frame: int = 1, has_routes: bool, are_masked: bool = False
    ) -> None:
        self._lanes = lanes
        self._are_masked = are_masked
        self._frame = frame
        self._has_routes = has_routes
        super().__init__(
            {
                "start": In(1),
                "may_begin": In(1),
                "scrub": In(1),
                "layer": In(Layer),
                "tile": In(Tile),
                "route_parameter": Out(14),
                "route": In(Route),
                "read": Out(12),
                "clear": Out(12),
                "clear_enable": Out(lanes),
                "sums": In(ArrayLayout(signed(32), lanes)),
                "parameter": Out(14),
                "valid": Out(1),
                "sum": Out(signed(32)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        running, issue = Signal(), Signal()
        rows, columns, channels = Signal(12), Signal(12), Signal(14)  # left after this one
        row, pixel = Signal(12), Signal(12)  # where their partial sums begin
        in_turn = Signal(Route)
        parameter = Signal(14)
        in_frame, place = Signal(), Signal(range(self._frame))
        pause = Signal(range(Elementwise.INTERVAL))

        # Stage 0: walk.
        is_last_channel, next_row, ends_frame = Signal(), Signal(), Signal()
        first = Mux(next_row, row + self.layer.y.psum_step, pixel + self.layer.x.psum_step)
        m.d.comb += [is_last_channel.eq(channels == 0), next_row.eq(columns == 0)]
        m.d.comb += ends_frame.eq(
            is_last_channel | self.layer.scatters | (place == self._frame - 1)
        )
        m.d.comb += issue.eq(running & (self.may_begin | in_frame) & (pause == 0))
        with m.If(issue & (self.layer.combination != Combination.NONE)):
            m.d.sync += pause.eq(Elementwise.INTERVAL - 1)
        with m.Elif(pause != 0):
            m.d.sync += pause.eq(pause - 1)
        with m.If(self.start):
            m.d.sync += [running.eq(1), row.eq(0), pixel.eq(0), in_turn.eq(0), place.eq(0)]
            m.d.sync += [rows.eq(self.tile.y.last), columns.eq(self.tile.x.last)]
            m.d.sync += [channels.eq(self.tile.channels), parameter.eq(self.tile.parameters)]
        with m.Elif(issue):
            m.d.sync += [in_frame.eq(~ends_frame), place.eq(Mux(ends_frame, 0, place + 1))]
            m.d.sync += [channels.eq(channels - 1), in_turn.lane.eq(in_turn.lane + 1)]
            m.d.sync += parameter.eq(parameter + ~self.layer.uniform_parameters)
            with m.If(in_turn.lane == self._lanes - 1):
                m.d.sync += [in_turn.lane.eq(0), in_turn.slot.eq(in_turn.slot + 1)]
            with m.If(is_last_channel):
                m.d.sync += [channels.eq(self.tile.channels), in_turn.eq(0)]
                m.d.sync += [parameter.eq(self.tile.parameters), pixel.eq(first)]
                m.d.sync += columns.eq(Mux(next_row, self.tile.x.last, columns - 1))
                with m.If(next_row):
                    m.d.sync += [row.eq(first), rows.eq(rows - 1)]
                m.d.sync += running.eq(~next_row | (rows != 0))

        def delayed(signal, stages, *, reset=False):
            chain = [signal]
            for stage in range(stages):
                suffix = f"_{stage + 1}"
                chain.append(Signal.like(signal, name_suffix=suffix, reset_less=not reset))
                m.d.sync += chain[-1].eq(chain[-2])
            return chain

        valid = delayed(issue, self.LATENCY - 1, reset=True)
        entry = delayed(parameter, self.LATENCY - 1)

        # Stage 1: where the sum is.
        route, pixel_1 = Signal(Route), delayed(pixel, 1)[-1]
        m.d.comb += [self.route_parameter.eq(parameter), route.eq(delayed(in_turn, 1)[-1])]
        if self._has_routes:
            with m.If(~self.layer.uniform_parameters):
                m.d.comb += route.eq(self.route)
        m.d.sync += self.read.eq(pixel_1 + route.slot)
        lane = Signal(range(self._lanes), reset_less=True)
        m.d.sync += lane.eq(route.lane)

        # Stages 2 and 3: the lanes read; what was read is cleared.
        m.d.sync += self.clear.eq(self.read)
        m.d.sync += self.clear_enable.eq(valid[2] << lane)
        with m.If(self.scrub):
            m.d.sync += self.clear.eq(self.clear + 1)

        # Stage 4: the lane's sum.
        m.d.comb += self.parameter.eq(entry[-1])
        if self._are_masked:
            total = reduce(or_, (self.sums[index].as_unsigned() for index in range(self._lanes)))
        else:
            total = self.sums[delayed(lane, Lane.DRAIN_LATENCY)[-1]]
        m.d.sync += [self.sum.eq(total), self.valid.eq(valid[-1])]
        m.d.comb += self.idle.eq(~(running | Cat(*valid).any() | self.valid))
        return m
