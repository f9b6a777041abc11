"""A group of lanes, with the front end that feeds it and the way back of its results."""

from dataclasses import replace

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.drain import Drain
from zeroleap.hw.elementwise import Elementwise
from zeroleap.hw.fetch import Fetch
from zeroleap.hw.isa import Combination, Layer, Tile
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.memories import ParameterMemory
from zeroleap.hw.operand import Operand
from zeroleap.hw.relay import Relay
from zeroleap.hw.requantizer import Requantizer, Step
from zeroleap.hw.single_tile import SingleTile
from zeroleap.hw.sparse_lanes import SparseLanes
from zeroleap.hw.streams import Activation
from zeroleap.hw.table import Table
from zeroleap.hw.tile_pipeline import TilePipeline
from zeroleap.hw.write_back import WriteBack
from zeroleap.hw.zero_skip import ZeroSkip

__all__ = ["Group"]


class Group(wiring.Component):
    """Does tiles of output, from the activation SRAM back to it.

    Parameters
    ----------
    config : EngineConfig
    group : int
        Number of the group.

    Members
    -------
    layer : In(Layer)
    ready, take, tile, empty
        See :class:`zeroleap.hw.tile_pipeline.TilePipeline`, or, of one bank of partial sums,
        :class:`zeroleap.hw.single_tile.SingleTile`.
    may_read, may_begin, may_write : In(1)
        See :class:`zeroleap.hw.turns.Turns`.
    read_enable, read_select, read_address, read_data, last_data
        The activation SRAM; so are ``write_enable``, ``write_address`` and ``write_data``.
    activations : Out(stream.Signature(Activation))
        What the front end finds.
    front_idle : Out(1)
    i : In(stream.Signature(Activation))
        What the lanes multiply.
    i_idle : In(1)
        No activation will come until the next tile.
    scrub : In(1)
    load_enable, header_enable, load_address : In
        Of the lanes; ``parameter_enable``, ``table_enable``, ``entry_address`` of the way back.
    load_data : In(32)
    active : Out(8)
        Products in this cycle.
    written : Out(1)
        A value came back in this cycle.
    """

    def __init__(self, config: EngineConfig, group: int) -> None:
        self._config = config
        self._group = group
        super().__init__(
            {
                "layer": In(Layer),
                "ready": Out(1),
                "take": In(1),
                "tile": In(Tile),
                "empty": Out(1),
                "may_read": In(1),
                "may_begin": In(1),
                "may_write": In(1),
                "read_enable": Out(1),
                "read_select": Out(1),
                "read_address": Out(20),
                "read_data": In(8 * WORD_BYTES),
                "last_data": In(8 * WORD_BYTES),
                "write_enable": Out(WORD_BYTES),
                "write_address": Out(20),
                "write_data": Out(8 * WORD_BYTES),
                "activations": Out(stream.Signature(Activation)),
                "front_idle": Out(1),
                "i": In(stream.Signature(Activation)),
                "i_idle": In(1),
                "scrub": In(1),
                "load_enable": In(config.group_lanes),
                "header_enable": In(config.group_lanes),
                "load_address": In(20),
                "parameter_enable": In(1),
                "table_enable": In(1),
                "entry_address": In(20),
                "load_data": In(32),
                "active": Out(8),
                "written": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        lanes_count, is_sparse = self._config.group_lanes, self._config.sparsity == "both"
        config = replace(self._config, lanes=lanes_count, groups=1)
        has_one_bank = config.banks == 1
        m.submodules.tiles = tiles = SingleTile() if has_one_bank else TilePipeline(self._group)
        m.submodules.fetch = fetch = Fetch(
            lanes_count, config.positions, shares=not has_one_bank, together=config.read_words
        )
        m.submodules.zero_skip = zero_skip = ZeroSkip(lanes_count, config.sparsity)
        m.submodules.lanes = lanes = SparseLanes(config) if is_sparse else Lanes(config)
        m.submodules.drain = drain = Drain(
            lanes_count,
            frame=self._config.frame,
            has_routes=is_sparse,
            are_masked=not has_one_bank,
        )
        m.submodules.parameters = parameters = ParameterMemory(
            config.parameters, has_routes=is_sparse
        )
        m.submodules.requantizer = requantizer = Requantizer(
            config.multiplier_bits, combines=bool(config.combinations)
        )
        m.submodules.table = table = Table(config.tables)
        m.submodules.write_back = write_back = WriteBack(
            gathers=self._config.groups > 1 or bool(has_one_bank and config.combinations),
            holds=not has_one_bank,
        )
        for block in (tiles, fetch, zero_skip, lanes, drain, requantizer, table, write_back):
            m.d.comb += block.layer.eq(self.layer)

        # Tiles: which is where.
        m.d.comb += [
            tiles.take.eq(self.take),
            tiles.next_tile.eq(self.tile),
            self.ready.eq(tiles.ready),
            self.empty.eq(tiles.empty),
            tiles.front_idle.eq(self.i_idle),
            tiles.lanes_done.eq(lanes.done),
        ]

        # The front end: activation SRAM -> fetch -> zero_skip.
        listens = Signal()  # a copy nearby
        m.d.sync += listens.eq(self.layer.shared if self._group else 0)
        m.d.comb += [
            fetch.start.eq(tiles.start_compute & ~listens),
            fetch.tile.eq(tiles.tile),
            fetch.may_read.eq(self.may_read),
            self.read_enable.eq(fetch.read_enable),
            self.read_select.eq(self.may_read),
            self.read_address.eq(fetch.read_address),
            fetch.read_data.eq(self.read_data),
            fetch.last_data.eq(self.last_data),
            self.front_idle.eq(fetch.idle & zero_skip.idle),
        ]
        connect(m, fetch.o, zero_skip.i)
        connect(m, zero_skip.o, wiring.flipped(self.activations))

        # The lanes, behind what was found here or in the group whose activations are shared.
        found = wiring.flipped(self.i)
        if config.queue_depth:
            m.submodules.found = relay = Relay(Activation)
            connect(m, found, relay.i)
            found = relay.o
        connect(m, found, lanes.i)
        m.d.comb += [
            lanes.oldest.eq(tiles.oldest),
            lanes.scrub.eq(self.scrub),
            self.active.eq(lanes.active),
        ]

        # The way back: lanes -> drain -> requantizer -> table -> write_back -> activation SRAM.
        m.d.comb += [
            drain.start.eq(tiles.start_drain),
            drain.scrub.eq(self.scrub),
            drain.may_begin.eq(self.may_begin),
            drain.tile.eq(tiles.drained_tile),
            parameters.route_address.eq(drain.route_parameter),
            drain.route.eq(parameters.route),
            lanes.drain_read.eq(drain.read),
            lanes.drain_clear.eq(drain.clear),
            lanes.drain_clear_enable.eq(drain.clear_enable),
            lanes.drain_enable.eq(drain.clear_enable),
            drain.sums.eq(lanes.sums),
            parameters.read_address.eq(drain.parameter),
            requantizer.step.eq(Mux(drain.valid, Step.LAST, Step.NONE)),
            requantizer.sum.eq(drain.sum),
            requantizer.parameter.eq(parameters.read_data),
            table.i_valid.eq(requantizer.result_valid),
            table.i.eq(requantizer.value),
            write_back.start.eq(tiles.start_drain),
            write_back.tile.eq(tiles.drained_tile),
            write_back.valid.eq(table.o_valid),
            write_back.value.eq(table.o),
            write_back.may_write.eq(self.may_write),
            self.write_enable.eq(write_back.write_enable),
            self.write_address.eq(write_back.write_address),
            self.write_data.eq(write_back.write_data),
            self.written.eq(table.o_valid),
        ]

        no_value_combined = Const(1)
        if config.combinations:
            no_value_combined = self._combine(m, tiles, drain, parameters, requantizer)
        m.d.comb += tiles.drain_idle.eq(
            Cat(
                drain.idle, requantizer.idle, no_value_combined, ~table.o_valid, write_back.idle
            ).all()
        )

        self._load(m, lanes, parameters, table)
        return m

    def _load(self, m, lanes, parameters, table):
        """Let the host load the group's memories; with two banks through registers beside them."""
        enables = self.load_enable, self.header_enable, self.parameter_enable, self.table_enable
        domain, loads = ("comb", 1) if self._config.banks == 1 else ("sync", Cat(*enables).any())
        m.d[domain] += [
            lanes.load_enable.eq(self.load_enable),
            lanes.header_enable.eq(self.header_enable),
            parameters.write_enable.eq(self.parameter_enable),
            table.load_enable.eq(self.table_enable),
        ]
        with m.If(loads):
            m.d[domain] += [lanes.load_address.eq(self.load_address)]
            for address in (parameters.write_address, table.load_address):
                m.d[domain] += address.eq(self.entry_address)
            for word in (lanes.load_data, parameters.write_data, table.load_data):
                m.d[domain] += word.eq(self.load_data)

    def _combine(self, m, tiles, drain, parameters, requantizer):
        """Let layers combine their values: requantizer -> elementwise -> requantizer.

        Returns
        -------
        bit
            No value is inside.
        """
        m.submodules.operand = operand = Operand(self._config.frame, late=self._config.banks > 1)
        m.submodules.elementwise = elementwise = Elementwise()
        m.d.comb += [
            operand.layer.eq(self.layer),
            operand.start.eq(tiles.start_drain),
            operand.tile.eq(tiles.drained_tile),
            operand.ask.eq(requantizer.value_soon),
            operand.read_data.eq(self.read_data),
            elementwise.layer.eq(self.layer),
            elementwise.value_valid.eq(requantizer.value_valid),
            elementwise.value.eq(requantizer.value),
            elementwise.operand.eq(operand.value),
            elementwise.scaled.eq(requantizer.scaled),
            requantizer.multiplies.eq(elementwise.multiplies),
            requantizer.multiplier.eq(elementwise.multiplier),
        ]
        with m.If(operand.read_enable):
            m.d.comb += [self.read_enable.eq(1), self.read_select.eq(1)]
        with m.If(~self.may_read):
            m.d.comb += self.read_address.eq(operand.read_address)
        with m.If(elementwise.parameter_enable):
            m.d.comb += parameters.read_address.eq(elementwise.parameter)
        with m.If(~drain.valid):
            m.d.comb += requantizer.step.eq(elementwise.step)
            m.d.comb += requantizer.sum.eq(elementwise.sum)
        with m.Elif(self.layer.combination != Combination.NONE):
            m.d.comb += requantizer.step.eq(Step.VALUE)
        return elementwise.idle
