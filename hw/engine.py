"""The engine: host, program, activations, lanes and the way back."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.counters import Counters
from zeroleap.hw.drain import Drain
from zeroleap.hw.fetch import Fetch
from zeroleap.hw.host_port import HostPort
from zeroleap.hw.isa import HostRequest
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.memories import ParameterMemory, Scratchpad, WordMemory
from zeroleap.hw.requantizer import Requantizer
from zeroleap.hw.sequencer import Sequencer
from zeroleap.hw.sparse_lanes import SparseLanes
from zeroleap.hw.write_back import WriteBack
from zeroleap.hw.zero_skip import ZeroSkip

__all__ = ["Engine"]


class Engine(wiring.Component):
    """Runs quantised networks from its own memories, layer by layer.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    requests : In(stream.Signature(HostRequest))
        Loads program, weights, parameters and input, starts, and reads output and counters.
    responses : Out(stream.Signature(32))
        A word for each request that reads.
    busy : Out(1)
        A program runs.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(
            {
                "requests": In(stream.Signature(HostRequest)),
                "responses": Out(stream.Signature(32)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        is_sparse = config.sparsity == "both"
        m.submodules.host = host = HostPort(config)
        m.submodules.program = program = WordMemory(config.program_words)
        m.submodules.sequencer = sequencer = Sequencer(config.partial_sums)
        m.submodules.scratchpad = scratchpad = Scratchpad(config.activation_words)
        m.submodules.fetch = fetch = Fetch(config.lanes)
        m.submodules.zero_skip = zero_skip = ZeroSkip(config.lanes, config.sparsity)
        m.submodules.lanes = lanes = SparseLanes(config) if is_sparse else Lanes(config)
        m.submodules.drain = drain = Drain(config.lanes, has_routes=is_sparse)
        m.submodules.parameters = parameters = ParameterMemory(
            config.parameters, has_routes=is_sparse
        )
        m.submodules.requantizer = requantizer = Requantizer()
        m.submodules.write_back = write_back = WriteBack()
        m.submodules.counters = counters = Counters(config.layers)

        # Host: requests in, words out, and a way to load each memory.
        connect(m, wiring.flipped(self.requests), host.requests)
        connect(m, host.responses, wiring.flipped(self.responses))
        m.d.comb += [host.engine_busy.eq(sequencer.busy), self.busy.eq(sequencer.busy)]
        m.d.comb += [
            program.write_enable.eq(host.program_write),
            program.write_address.eq(host.address),
            program.write_data.eq(host.write_data),
            parameters.write_enable.eq(host.parameter_write),
            parameters.write_address.eq(host.address),
            parameters.write_data.eq(host.write_data),
            lanes.load_enable.eq(host.weight_write),
            lanes.header_enable.eq(host.header_write),
            lanes.load_address.eq(host.lane_address),
            lanes.load_data.eq(host.write_data),
            scratchpad.host.eq(~sequencer.busy),
            scratchpad.host_read_enable.eq(host.activation_read),
            scratchpad.host_write_enable.eq(host.activation_write),
            scratchpad.host_address.eq(host.address),
            scratchpad.host_write_data.eq(host.write_data),
            host.activation_data.eq(scratchpad.read_data),
        ]

        # Program: what runs now.
        m.d.comb += [
            sequencer.command_valid.eq(host.command_valid),
            sequencer.command.eq(host.command),
            program.read_enable.eq(1),
            program.read_address.eq(sequencer.read_address),
            sequencer.read_data.eq(program.read_data),
            sequencer.front_idle.eq(fetch.idle & zero_skip.idle),
            sequencer.lanes_done.eq(lanes.done),
            sequencer.drain_idle.eq(drain.idle & requantizer.idle),
        ]

        # Compute: activation SRAM -> fetch -> zero_skip -> lanes.
        m.d.comb += [
            fetch.start.eq(sequencer.start_compute),
            fetch.layer.eq(sequencer.layer),
            fetch.tile.eq(sequencer.tile),
            scratchpad.fetch_enable.eq(fetch.read_enable),
            scratchpad.fetch_address.eq(fetch.read_address),
            fetch.read_data.eq(scratchpad.read_data),
            zero_skip.layer.eq(sequencer.layer),
            lanes.layer.eq(sequencer.layer),
            lanes.oldest.eq(sequencer.oldest),
        ]
        connect(m, fetch.o, zero_skip.i)
        connect(m, zero_skip.o, lanes.i)

        # The way back: lanes -> drain -> requantizer -> write_back -> activation SRAM.
        m.d.comb += [
            drain.start.eq(sequencer.start_drain),
            drain.scrub.eq(sequencer.scrub),
            drain.layer.eq(sequencer.layer),
            drain.tile.eq(sequencer.drained_tile),
            lanes.drain_read.eq(drain.read),
            lanes.drain_clear.eq(drain.clear),
            lanes.drain_clear_enable.eq(drain.clear_enable),
            lanes.scrub.eq(sequencer.scrub),
            parameters.route_address.eq(drain.route_parameter),
            drain.route.eq(parameters.route),
            drain.sums.eq(lanes.sums),
            parameters.read_address.eq(drain.parameter),
            requantizer.layer.eq(sequencer.layer),
            requantizer.valid.eq(drain.valid),
            requantizer.sum.eq(drain.sum),
            requantizer.parameter.eq(parameters.read_data),
            write_back.start.eq(sequencer.start_drain),
            write_back.layer.eq(sequencer.layer),
            write_back.tile.eq(sequencer.drained_tile),
            write_back.valid.eq(requantizer.value_valid),
            write_back.value.eq(requantizer.value),
            scratchpad.write_back_enable.eq(write_back.write_enable),
            scratchpad.write_back_address.eq(write_back.write_address),
            scratchpad.write_back_data.eq(write_back.write_data),
        ]

        # Counters.
        m.d.comb += [
            counters.clear.eq(host.command_valid),
            counters.running.eq(sequencer.busy),
            counters.active.eq(lanes.active),
            counters.read.eq(fetch.read_enable),
            counters.written.eq(requantizer.value_valid),
            counters.store.eq(sequencer.store),
            counters.store_index.eq(sequencer.store_index),
            counters.layer_index.eq(sequencer.layer_index),
            counters.read_enable.eq(host.counter_read),
            counters.read_address.eq(host.address),
            host.counter_data.eq(counters.read_data),
        ]
        return m
