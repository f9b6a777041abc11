"""The host's one way in: requests to load, start and read."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.isa import Command, Header, HostRequest, Space, row_bytes

__all__ = ["HostPort"]


class HostPort(wiring.Component):
    """Takes a request when the engine is idle, and answers those that read.

    A write takes one cycle. A read is answered by the next word of ``responses`` two cycles later,
    or, with two banks of partial sums, three; until that is taken no other request is. ``CONTROL``
    reads as the configuration's digest.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    requests : In(stream.Signature(HostRequest))
        Refused while the engine runs: a read after a command waits for its end.
    responses : Out(stream.Signature(32))
    engine_busy : In(1)
    command_valid, command : Out
    address, write_data : Out
        To program, activations and counters.
    program_write, activation_write : Out(1)
    weight_write, header_write : Out(lanes)
    parameter_write, table_write : Out(1)
    lane_address : Out(20)
        Of the weight or header.
    entry_address : Out(20)
        Of the parameter or table.
    load_data : Out(32)
        To every group. With two banks of partial sums these six come a cycle later, as the lanes
        lie all over the FPGA.
    activation_read, counter_read : Out(1)
    activation_data : In(32)
        The word, a cycle before the answer.
    counter_data : In(32)
        The word, a cycle later, until the next read.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(
            {
                "requests": In(stream.Signature(HostRequest)),
                "responses": Out(stream.Signature(32)),
                "engine_busy": In(1),
                "command_valid": Out(1),
                "command": Out(Command),
                "address": Out(20),
                "write_data": Out(32),
                "program_write": Out(1),
                "activation_write": Out(1),
                "weight_write": Out(config.lanes),
                "header_write": Out(config.lanes),
                "parameter_write": Out(1),
                "table_write": Out(1),
                "lane_address": Out(20),
                "entry_address": Out(20),
                "load_data": Out(32),
                "activation_read": Out(1),
                "counter_read": Out(1),
                "activation_data": In(32),
                "counter_data": In(32),
            }
        )

    def elaborate(self, platform):
        m = Module()
        request = self.requests.payload
        digest = int(self._config.digest, 16)
        do_request, asked, reading, source = Signal(), Signal(), Signal(), Signal(Space)
        is_waiting = asked | reading | self.responses.valid
        m.d.comb += self.requests.ready.eq(~self.engine_busy & ~is_waiting)
        m.d.comb += do_request.eq(self.requests.valid & self.requests.ready)
        m.d.comb += [self.address.eq(request.address), self.write_data.eq(request.data)]

        do_write = do_request & request.write
        m.d.comb += self.command_valid.eq(do_request & request.is_command)
        m.d.comb += self.command.eq(request.data)
        m.d.comb += self.program_write.eq(do_write & (request.space == Space.PROGRAM))
        m.d.comb += self.activation_write.eq(do_write & (request.space == Space.ACTIVATIONS))
        self._load_groups(m, do_write)

        do_read = do_request & ~request.write
        m.d.comb += self.activation_read.eq(do_read & (request.space == Space.ACTIVATIONS))
        m.d.comb += self.counter_read.eq(do_read & (request.space == Space.COUNTERS))
        m.d.sync += asked.eq(do_read)
        m.d["comb" if self._config.banks == 1 else "sync"] += reading.eq(asked)
        with m.If(do_request):
            m.d.sync += source.eq(request.space)
        with m.If(reading):
            m.d.sync += self.responses.valid.eq(1)
            with m.Switch(source):
                with m.Case(Space.ACTIVATIONS):
                    m.d.sync += self.responses.payload.eq(self.activation_data)
                with m.Case(Space.COUNTERS):
                    m.d.sync += self.responses.payload.eq(self.counter_data)
                with m.Default():
                    m.d.sync += self.responses.payload.eq(digest)
        with m.Elif(self.responses.ready):
            m.d.sync += self.responses.valid.eq(0)
        return m

    def _load_groups(self, m, do_write):
        """Let a write reach the memories of the groups."""
        request, lanes = self.requests.payload, self._config.lanes
        domain = "comb" if self._config.banks == 1 else "sync"
        m.d[domain] += [
            self.parameter_write.eq(do_write & (request.space == Space.PARAMETERS)),
            self.table_write.eq(do_write & (request.space == Space.TABLES)),
            self.entry_address.eq(request.address),
            self.load_data.eq(request.data),
        ]
        for space, item_bytes, write in (
            (Space.WEIGHTS, 1, self.weight_write),
            (Space.HEADERS, Header.as_shape().size // 8, self.header_write),
        ):
            row_words = row_bytes(lanes, item_bytes) // WORD_BYTES
            row_bits = (row_words - 1).bit_length()
            with m.If(request.space == space):
                m.d[domain] += self.lane_address.eq(request.address[row_bits:])
            for lane in range(lanes):
                is_own = request.address[:row_bits] == lane * item_bytes // WORD_BYTES
                m.d[domain] += write[lane].eq(do_write & (request.space == space) & is_own)
