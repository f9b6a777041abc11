"""Loads and runs a network through AXI4-Lite and AXI4-Stream, with pauses on every channel.

The masters are cocotbext-axi's. The test that starts this compares what is read; what is said here
of the registers is what their documentation says.
"""

import json
import random
from itertools import pairwise
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamSink,
    AxiStreamSource,
)

CLOCK_NS = 10
IDENTITY, DIGEST, CONFIGURATION, STATUS, CONTROL = 0x00, 0x04, 0x08, 0x0C, 0x10
TARGET, TRANSFER, DATA, EVENTS, ENABLES = 0x14, 0x18, 0x1C, 0x20, 0x24
RUN, STEP, RESUME = 0, 1, 2
STOPPED, MOVED = 1, 2
COUNTERS = 5 << 24
WRITE = 1 << 24


class Bus:
    """The engine's ports, and a master on each."""

    def __init__(self, dut, seed):
        self.dut = dut
        self._pauses = random.Random(seed)
        clocked = {"clock": dut.aclk, "reset": dut.aresetn, "reset_active_level": False}
        self.lite = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), **clocked)
        self.source = AxiStreamSource(
            AxiStreamBus.from_prefix(dut, "s_axis"), **clocked, byte_lanes=4
        )
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), **clocked, byte_lanes=4)

    async def start(self):
        self.dut.aresetn.value = 0
        Clock(self.dut.aclk, CLOCK_NS, unit="ns").start()
        await ClockCycles(self.dut.aclk, 4)
        self.dut.aresetn.value = 1
        while await self.read(STATUS) & 1:
            pass

    def hesitate(self, share):
        """Let each channel pause in a share of the cycles."""
        writing, reading = self.lite.write_if, self.lite.read_if
        for channel in (
            *(writing.aw_channel, writing.w_channel, writing.b_channel),
            *(reading.ar_channel, reading.r_channel, self.source, self.sink),
        ):
            channel.set_pause_generator(iter(lambda: self._pauses.random() < share, None))

    async def read(self, register, response=AxiResp.OKAY):
        answer = await with_timeout(self.lite.read(register, 4), 10, "us")
        assert answer.resp == response
        return int.from_bytes(answer.data, "little")

    async def write(self, register, value, response=AxiResp.OKAY):
        answer = await with_timeout(
            self.lite.write(register, value.to_bytes(4, "little")), 10, "us"
        )
        assert answer.resp == response

    async def begin(self, block):
        await self.write(TARGET, block["target"])
        await self.write(TRANSFER, block["transfer"])

    async def load(self, block):
        """Write a block through the stream."""
        words = b"".join(word.to_bytes(4, "little") for word in block["words"])
        await self.begin(block)
        await self.source.send(words)
        while await self.read(STATUS) & 2:
            pass
        assert await self.read(TARGET) == block["target"] + len(block["words"])

    async def taken(self):
        """Take a whole transfer, to the word with TLAST."""
        frame = bytes(await with_timeout(self.sink.recv(), 1, "ms"))
        return [int.from_bytes(frame[at : at + 4], "little") for at in range(0, len(frame), 4)]

    async def interrupted(self, event):
        """Wait for the interrupt of an event, and clear it."""
        if not self.dut.interrupt.value:
            await with_timeout(RisingEdge(self.dut.interrupt), 100, "ms")
        assert await self.read(EVENTS) == event
        await self.write(EVENTS, event)
        await ClockCycles(self.dut.aclk, 1)
        assert not self.dut.interrupt.value


@cocotb.test()
async def runs_a_network(dut):
    job = json.loads(Path("network.json").read_text())
    bus = Bus(dut, job["seed"])
    await bus.start()
    assert await bus.read(IDENTITY) == 0x5A4C_0001
    assert await bus.read(DIGEST) == job["digest"]
    assert await bus.read(CONFIGURATION) == job["configuration"]
    bus.hesitate(job["pauses"])
    for block in job["load"]:
        await bus.load(block)
    assert await bus.read(EVENTS) == MOVED
    await bus.write(EVENTS, MOVED)
    await bus.write(ENABLES, STOPPED)

    answers = []
    for inputs in job["inputs"]:
        for block in inputs:
            await bus.load(block)
        await bus.write(EVENTS, MOVED)
        await bus.write(CONTROL, RUN)
        layers = [await bus.read(STATUS) for _ in range(3)]
        assert all(status & 3 == 1 for status in layers)  # it runs, and answers meanwhile
        await bus.write(CONTROL, RUN, AxiResp.SLVERR)
        await bus.read(DATA, AxiResp.SLVERR)
        first, *others = job["outputs"]
        await bus.begin(first)  # which waits for the end
        assert await bus.read(STATUS) & 3 == 3
        outputs = [await bus.taken()]
        assert await bus.read(STATUS) == job["layers"] << 2
        assert await bus.read(EVENTS) == STOPPED | MOVED
        assert dut.interrupt.value
        await bus.write(EVENTS, STOPPED | MOVED)
        await ClockCycles(dut.aclk, 1)
        assert not dut.interrupt.value
        for block in others:
            await bus.begin(block)
            outputs.append(await bus.taken())
        await bus.begin({"target": COUNTERS, "transfer": 4 * job["layers"]})
        counters = await bus.taken()
        await bus.write(TARGET, COUNTERS)
        assert counters == [await bus.read(DATA) for _ in counters]  # by either way
        answers.append({"outputs": outputs, "counters": counters})
    Path("answers.json").write_text(json.dumps(answers))


@cocotb.test()
async def steps_and_interrupts(dut):
    """A layer at a time, each with its interrupt; the network is loaded already."""
    job = json.loads(Path("network.json").read_text())
    bus = Bus(dut, job["seed"])
    await bus.start()
    assert await bus.read(EVENTS) == 0  # that it is ready is none
    await bus.write(ENABLES, STOPPED)
    for layer in range(job["layers"]):
        await bus.write(CONTROL, RESUME if layer else STEP)
        await bus.interrupted(STOPPED)
        assert await bus.read(STATUS) == (layer + 1) << 2


@cocotb.test()
async def refuses_what_it_cannot_do(dut):
    bus = Bus(dut, 1)
    await bus.start()
    for register in (IDENTITY, DIGEST, CONFIGURATION, STATUS):
        before = await bus.read(register)
        await bus.write(register, 0xFFFF_FFFF, AxiResp.SLVERR)
        assert await bus.read(register) == before
    for register in (ENABLES + 4, 0x7FC, 0xFFC):
        assert await bus.read(register, AxiResp.DECERR) == 0
        await bus.write(register, 0, AxiResp.DECERR)
    await bus.write(CONTROL, 3, AxiResp.SLVERR)
    assert await bus.read(CONTROL) == 0
    await bus.write(TARGET, 0x0312_3456)
    for offset, size in ((0, 1), (1, 2), (3, 1)):
        answer = await bus.lite.write(TARGET + offset, bytes(size))
        assert answer.resp == AxiResp.SLVERR
    assert await bus.read(TARGET) == 0x0312_3456
    assert await bus.read(EVENTS) == 0


@cocotb.test()
async def a_transfer_that_writes_can_be_ended(dut):
    bus = Bus(dut, 1)
    await bus.start()
    activations = 4 << 24
    await bus.begin({"target": activations, "transfer": WRITE | 100})
    await bus.source.send(bytes(range(12)))
    while await bus.read(TRANSFER) != WRITE | 97:
        pass
    await bus.write(TRANSFER, 5, AxiResp.SLVERR)
    await bus.write(TARGET, 0, AxiResp.SLVERR)
    await bus.write(CONTROL, RUN, AxiResp.SLVERR)
    await bus.write(TRANSFER, 0)
    assert await bus.read(STATUS) & 2 == 0
    assert await bus.read(TARGET) == activations + 3
    await bus.begin({"target": activations, "transfer": 3})
    assert await bus.taken() == [0x03020100, 0x07060504, 0x0B0A0908]
    await bus.write(TRANSFER, 0)  # is none, and no event
    assert await bus.read(EVENTS) == MOVED


@cocotb.test()
async def data_reads_and_writes_at_the_target(dut):
    bus = Bus(dut, 2)
    await bus.start()
    bus.hesitate(0.5)
    words = [random.Random(at).getrandbits(32) for at in range(8)]
    await bus.write(TARGET, 4 << 24)
    for word in words:
        await bus.write(DATA, word)
    assert await bus.read(TARGET) == 4 << 24 | 8
    await bus.write(TARGET, 4 << 24)
    assert [await bus.read(DATA) for _ in words] == words


@cocotb.test()
async def address_and_data_of_a_write_come_in_any_order(dut):
    bus = Bus(dut, 3)
    await bus.start()
    channels = (bus.lite.write_if.aw_channel, bus.lite.write_if.w_channel)
    for value, (late, other) in enumerate((channels, channels[::-1]), 1):
        late.pause, other.pause = True, False
        written = bus.lite.init_write(ENABLES, value.to_bytes(4, "little"))
        await ClockCycles(dut.aclk, 10)
        assert not written.is_set()
        assert await bus.read(ENABLES) != value  # a read does not wait for it
        late.pause = False
        await written.wait()
        assert await bus.read(ENABLES) == value


@cocotb.test()
async def offers_are_kept_until_they_are_taken(dut):
    """By the book: what is offered stays, and is offered before anyone is ready."""
    bus = Bus(dut, 4)
    await bus.start()
    bus.sink.pause = True
    bus.lite.read_if.r_channel.pause = True
    await bus.begin({"target": 4 << 24, "transfer": 2})
    bus.lite.init_read(IDENTITY, 4)
    await ClockCycles(dut.aclk, 20)
    seen = []
    for _ in range(5):
        await RisingEdge(dut.aclk)
        seen.append(
            [str(port.value) for port in (dut.m_axis_tvalid, dut.m_axis_tdata, dut.m_axis_tlast)]
            + [str(port.value) for port in (dut.s_axi_rvalid, dut.s_axi_rdata, dut.s_axi_rresp)]
        )
    assert seen[0][0] == seen[0][3] == "1"
    assert all(first == second for first, second in pairwise(seen))
