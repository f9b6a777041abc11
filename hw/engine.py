"""The engine: host, program, activations, groups of lanes."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.common_memory import CommonMemory
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.counters import Counters
from zeroleap.hw.direct_sequencer import DirectSequencer
from zeroleap.hw.group import Group
from zeroleap.hw.host_port import HostPort
from zeroleap.hw.isa import Combination, HostRequest, Layer
from zeroleap.hw.memories import Scratchpad, WordMemory
from zeroleap.hw.relay import Relay
from zeroleap.hw.sequencer import Sequencer
from zeroleap.hw.sharing import Sharing
from zeroleap.hw.turns import Turns

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
        A program runs, or the engine is not ready yet after its reset.
    layer : Out(10)
        The layer that runs; while none does, the next one.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(
            {
                "requests": In(stream.Signature(HostRequest)),
                "responses": Out(stream.Signature(32)),
                "busy": Out(1),
                "layer": Out(10),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        m.submodules.host = host = HostPort(config)
        has_one_bank = config.banks == 1
        m.submodules.sequencer = sequencer = (
            DirectSequencer(config.partial_sums)
            if has_one_bank
            else Sequencer(config.partial_sums, config.groups)
        )
        m.submodules.turns = turns = Turns(config.groups, config.frame, config.banks)
        m.submodules.sharing = sharing = Sharing(config.groups)
        m.submodules.counters = counters = Counters(config.layers, config.groups)

        # Host: requests in, words out, and a way to load each memory.
        connect(m, host.responses, wiring.flipped(self.responses))
        m.d.comb += [host.engine_busy.eq(sequencer.busy), self.busy.eq(sequencer.busy)]
        if has_one_bank:
            connect(m, wiring.flipped(self.requests), host.requests)
        else:  # to memories all over the FPGA
            m.submodules.requests = requests = Relay(HostRequest)
            connect(m, wiring.flipped(self.requests), requests.i)
            connect(m, requests.o, host.requests)
            with m.If(requests.o.valid & requests.o.payload.is_command):
                m.d.comb += self.busy.eq(1)
        m.d.comb += self.layer.eq(sequencer.layer_index)
        memory = self._one_memory if has_one_bank else self._two_memories
        scratchpad = memory(m, host, sequencer)
        m.d.comb += [
            scratchpad.host.eq(~sequencer.busy),
            scratchpad.host_write_enable.eq(host.activation_write),
            scratchpad.host_address.eq(host.address),
            scratchpad.host_write_data.eq(host.write_data),
            host.activation_data.eq(scratchpad.read_data),
        ]

        layer = Signal(Layer)
        m.d.comb += layer.eq(sequencer.layer)
        if not config.combinations:
            m.d.comb += layer.combination.eq(Combination.NONE)

        # Program: what runs now, and whose turn it is.
        m.d.comb += [
            sequencer.command_valid.eq(host.command_valid),
            sequencer.command.eq(host.command),
            turns.restart.eq(sequencer.starts_layer),
            turns.shared.eq(layer.shared),
            turns.combines.eq(layer.combination != Combination.NONE),
            sharing.shared.eq(layer.shared),
        ]

        # Groups: activation SRAM -> front end -> lanes -> activation SRAM.
        for index in range(config.groups):
            m.submodules[f"group_{index}"] = group = Group(config, index)
            first, after = index * config.group_lanes, (index + 1) * config.group_lanes
            connect(m, group.activations, sharing.i[index])
            connect(m, sharing.o[index], group.i)
            m.d.comb += [
                group.layer.eq(layer),
                group.tile.eq(sequencer.tile),
                group.take.eq(sequencer.take[index]),
                sequencer.ready[index].eq(group.ready),
                sequencer.empty[index].eq(group.empty),
                sharing.i_idle[index].eq(group.front_idle),
                group.i_idle.eq(sharing.o_idle[index]),
                group.may_read.eq(turns.may_read[index]),
                group.may_begin.eq(turns.may_begin[index]),
                group.may_write.eq(turns.may_write[index]),
                scratchpad.fetch_select[index].eq(
                    group.read_enable if has_one_bank else group.read_select
                ),
                scratchpad.fetch_address[index].eq(group.read_address),
                group.read_data.eq(scratchpad.read_data),
                group.last_data.eq(0 if has_one_bank else scratchpad.last_data),
                scratchpad.write_back_enable[index].eq(group.write_enable),
                scratchpad.write_back_address[index].eq(group.write_address),
                scratchpad.write_back_data[index].eq(group.write_data),
                group.scrub.eq(sequencer.scrub),
                group.load_enable.eq(host.weight_write[first:after]),
                group.header_enable.eq(host.header_write[first:after]),
                group.load_address.eq(host.lane_address),
                group.parameter_enable.eq(host.parameter_write),
                group.table_enable.eq(host.table_write),
                group.entry_address.eq(host.entry_address),
                group.load_data.eq(host.load_data),
                counters.active[index].eq(group.active),
                counters.read[index].eq(group.read_enable),
                counters.written[index].eq(group.written),
            ]

        # Counters.
        m.d.comb += [
            counters.clear.eq(host.command_valid),
            counters.running.eq(sequencer.busy),
            counters.store.eq(sequencer.store),
            counters.store_index.eq(sequencer.store_index),
            counters.layer_index.eq(sequencer.layer_index),
            counters.read_enable.eq(host.counter_read),
            counters.read_address.eq(host.address),
            host.counter_data.eq(counters.read_data),
        ]
        return m

    def _two_memories(self, m, host, sequencer):
        """Connect a memory for the program; return that for the activations."""
        config = self._config
        m.submodules.program = program = WordMemory(config.program_words)
        m.submodules.scratchpad = scratchpad = Scratchpad(
            config.activation_words, config.groups, config.read_words
        )
        m.d.comb += [
            program.write_enable.eq(host.program_write),
            program.write_address.eq(host.address),
            program.write_data.eq(host.write_data),
            program.read_enable.eq(1),
            program.read_address.eq(sequencer.read_address),
            sequencer.read_data.eq(program.read_data),
        ]
        return scratchpad

    def _one_memory(self, m, host, sequencer):
        """Connect a memory for both; return it."""
        config = self._config
        memory = CommonMemory(config.activation_words, config.program_words)
        m.submodules.scratchpad = memory
        m.d.comb += [
            memory.host_read_enable.eq(host.activation_read),
            memory.host_program_write.eq(host.program_write),
            memory.program_read.eq(sequencer.loads),
            memory.program_address.eq(sequencer.read_address),
            sequencer.read_data.eq(memory.read_data),
        ]
        return memory
