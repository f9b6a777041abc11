"""Requests of the host: what they reach, and when they are answered."""

import pytest
from hardware import simulate

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.host_port import HostPort
from zeroleap.hw.isa import Command, Space

WRITES = {
    Space.PROGRAM: "program_write",
    Space.PARAMETERS: "parameter_write",
    Space.TABLES: "table_write",
    Space.ACTIVATIONS: "activation_write",
    Space.CONTROL: "command_valid",
}
LOADS = {"weight_write", "header_write", "parameter_write", "table_write"}  # to the groups
READS = {Space.ACTIVATIONS: "activation_read", Space.COUNTERS: "counter_read"}


def request(ctx, dut, space, address=0, data=0, write=0):
    fields = {"space": space, "address": address, "data": data, "write": write}
    ctx.set(dut.requests.payload, fields)
    ctx.set(dut.requests.valid, 1)


def outputs(ctx, dut):
    names = {*WRITES.values(), *READS.values(), *LOADS}
    return {name: value for name in names if (value := ctx.get(getattr(dut, name)))}


@pytest.mark.parametrize("space", Space)
@pytest.mark.parametrize("write", [0, 1])
@pytest.mark.parametrize("banks", [1, 2])
def test_a_request_reaches_its_memory_only(space, write, banks):
    dut = HostPort(EngineConfig(lanes=4, banks=banks))
    name = WRITES.get(space) if write else READS.get(space)
    expected = {name: 1} if name else {}
    if write and space == Space.WEIGHTS:
        expected = {"weight_write": 0b1111}
    elif write and space == Space.HEADERS:
        expected = {"header_write": 0b0010}
    comes_later = banks == 2 and expected.keys() & LOADS

    async def testbench(ctx):
        request(ctx, dut, space, 0x12345, 0xCAFE1234, write)
        assert ctx.get(dut.requests.ready)
        assert outputs(ctx, dut) == ({} if comes_later else expected)
        assert ctx.get(dut.address) == 0x12345
        assert ctx.get(dut.write_data) == 0xCAFE1234
        if banks == 2:
            await ctx.tick()
            ctx.set(dut.requests.payload, {})
        if expected.keys() & LOADS:
            assert ctx.get(dut.load_data) == 0xCAFE1234
        if expected.keys() & {"parameter_write", "table_write"}:
            assert ctx.get(dut.entry_address) == 0x12345
        ctx.set(dut.requests.valid, 0)
        assert outputs(ctx, dut) == (expected if comes_later else {})
        for _ in range(4):  # a read is answered meanwhile
            ctx.set(dut.responses.ready, 1)
            await ctx.tick()
        request(ctx, dut, space, 0x12345, 0xCAFE1234, write)
        ctx.set(dut.engine_busy, 1)
        assert not ctx.get(dut.requests.ready)
        assert outputs(ctx, dut) == {}
        await ctx.tick()
        assert outputs(ctx, dut) == {}

    simulate(dut, testbench)


@pytest.mark.parametrize("which", Command)
def test_commands_are_the_words_written(which):
    dut = HostPort(EngineConfig())

    async def testbench(ctx):
        request(ctx, dut, Space.CONTROL, data=which.value, write=1)
        assert ctx.get(dut.command_valid)
        assert ctx.get(dut.command) == which.value

    simulate(dut, testbench)


@pytest.mark.parametrize(
    ("lanes", "address", "row", "written"),
    [
        (1, 5, 5, 0b1),
        (4, 5, 5, 0b1111),
        (6, 10, 5, 0b001111),
        (6, 11, 5, 0b110000),
        (12, 20, 5, 0b1111),
        (12, 22, 5, 0b1111 << 8),
        (12, 23, 5, 0),
        (64, 5 * 16 + 15, 5, 0b1111 << 60),
        (64, 2**24 - 16, 2**20 - 1, 0b1111),  # the last row that there can be
    ],
)
def test_a_word_of_weights_belongs_to_four_lanes(lanes, address, row, written):
    assert written_lanes(Space.WEIGHTS, lanes, address) == (row, written, 0)


@pytest.mark.parametrize(
    ("lanes", "address", "row", "written"),
    [
        (1, 5, 5, 0b1),
        (2, 10, 5, 0b01),
        (2, 11, 5, 0b10),
        (3, 20, 5, 0b001),
        (3, 22, 5, 0b100),
        (3, 23, 5, 0),
        (8, 5 * 8 + 6, 5, 1 << 6),
        (64, 5 * 64 + 63, 5, 1 << 63),
        (64, 2**22 - 64, 2**16 - 1, 0b1),  # the last row that there can be
    ],
)
def test_a_word_of_headers_belongs_to_one_lane(lanes, address, row, written):
    assert written_lanes(Space.HEADERS, lanes, address) == (row, 0, written)


def written_lanes(space, lanes, address):
    """Return the address in the lanes, and the lanes whose weight and header is written."""
    dut = HostPort(EngineConfig(lanes=lanes))
    found = []

    async def testbench(ctx):
        request(ctx, dut, space, address, write=1)
        await ctx.tick()
        found.extend(
            ctx.get(port) for port in (dut.lane_address, dut.weight_write, dut.header_write)
        )
        request(ctx, dut, space, address)
        await ctx.tick()
        assert not ctx.get(dut.weight_write)
        assert not ctx.get(dut.header_write)

    simulate(dut, testbench)
    return tuple(found)


def test_takes_a_write_per_cycle():
    dut = HostPort(EngineConfig())

    async def testbench(ctx):
        for address in range(5):
            request(ctx, dut, Space.PROGRAM, address, write=1)
            assert ctx.get(dut.requests.ready)
            await ctx.tick()
            assert not ctx.get(dut.responses.valid)

    simulate(dut, testbench)


@pytest.mark.parametrize("banks", [1, 2])
@pytest.mark.parametrize("stall", [0, 1, 4])
@pytest.mark.parametrize(
    ("space", "source"), [(Space.ACTIVATIONS, "activation_data"), (Space.COUNTERS, "counter_data")]
)
def test_a_read_is_answered_and_waited_for(space, source, stall, banks):
    """Two cycles later, or with two banks three, as activations come a cycle later."""
    dut = HostPort(EngineConfig(banks=banks))

    async def testbench(ctx):
        for word in (0x1111_2222, 0xFFFF_FFFE):
            request(ctx, dut, space, 7)
            assert ctx.get(dut.requests.ready)
            await ctx.tick()
            request(ctx, dut, Space.PROGRAM, write=1)  # has to wait
            if banks == 2:
                assert not ctx.get(dut.responses.valid)
                assert not ctx.get(dut.requests.ready)
                await ctx.tick()
            for port in ("activation_data", "counter_data"):
                ctx.set(getattr(dut, port), word if port == source else 0xDEAD)
            assert not ctx.get(dut.responses.valid)
            assert not ctx.get(dut.requests.ready)
            await ctx.tick()
            ctx.set(getattr(dut, source), 0xBEEF)
            for _ in range(stall):
                assert ctx.get(dut.responses.valid)
                assert ctx.get(dut.responses.payload) == word
                assert not ctx.get(dut.requests.ready)
                await ctx.tick()
            ctx.set(dut.responses.ready, 1)
            assert ctx.get(dut.responses.valid)
            assert ctx.get(dut.responses.payload) == word
            assert not ctx.get(dut.program_write)
            await ctx.tick()
            ctx.set(dut.responses.ready, 0)
            assert not ctx.get(dut.responses.valid)

    simulate(dut, testbench)


def test_control_reads_as_the_digest():
    config = EngineConfig(lanes=3, queue_depth=5, banks=1)
    dut = HostPort(config)

    async def testbench(ctx):
        request(ctx, dut, Space.CONTROL)
        await ctx.tick()
        ctx.set(dut.requests.valid, 0)
        await ctx.tick()
        assert ctx.get(dut.responses.payload) == int(config.digest, 16)

    simulate(dut, testbench)
