"""What single accesses read, do, and are refused."""

import pytest
from hardware import simulate

from zeroleap.hw.axi.lite_port import Response
from zeroleap.hw.axi.register_file import RegisterFile
from zeroleap.hw.axi.registers import READ_ONLY, Register
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Command, Space

CONFIG = EngineConfig(lanes=32, groups=2, sparsity="both")
OKAY, SLVERR, DECERR = (response.value for response in Response)


def access(ctx, dut, offset, value=None):
    """Offer an access, a read without a value; give the response if it is answered at once."""
    fields = {"register": offset // 4, "write": value is not None, "data": value or 0}
    ctx.set(dut.access.payload, fields)
    ctx.set(dut.access.valid, 1)
    return ctx.get(dut.answer.response) if ctx.get(dut.access.ready) else None


async def done(ctx, dut):
    await ctx.tick()
    ctx.set(dut.access.valid, 0)


@pytest.mark.parametrize(
    ("register", "value"),
    [
        (Register.IDENTITY, 0x5A4C_0001),
        (Register.DIGEST, int(CONFIG.digest, 16)),
        (Register.CONFIGURATION, 2 << 16 | 2 << 8 | 32),
        (Register.STATUS, 5 << 2 | 0b11),
        (Register.CONTROL, 0),
        (Register.TRANSFER, 1 << 24 | 77),
        (Register.EVENTS, 2),
        (Register.ENABLES, 1),
    ],
)
def test_registers_read_as_what_they_hold(register, value):
    dut = RegisterFile(CONFIG)

    async def testbench(ctx):
        ctx.set(dut.status, {"busy": 1, "moving": 1, "layer": 5})
        ctx.set(dut.left, {"words": 77, "write": 1})
        ctx.set(dut.events.as_value(), 2)
        ctx.set(dut.enables.as_value(), 1)
        assert access(ctx, dut, register.value) == OKAY
        assert ctx.get(dut.answer.data) == value

    simulate(dut, testbench)


@pytest.mark.parametrize("state", ["idle", "busy", "reading", "writing"])
def test_what_would_disturb_is_refused(state):
    dut = RegisterFile(CONFIG)
    free, moving = state == "idle", state in ("reading", "writing")
    expected = {
        (Register.CONTROL, 0): free,
        (Register.CONTROL, 3): False,
        (Register.TARGET, 9): not moving,
        (Register.TRANSFER, 9): not moving,
        (Register.TRANSFER, 0): state != "reading",
        (Register.DATA, 9): free,
        (Register.ENABLES, 3): True,
        **{(register, 1): False for register in READ_ONLY},
    }

    async def testbench(ctx):
        ctx.set(dut.status, {"busy": state == "busy", "moving": moving, "layer": 0})
        ctx.set(dut.left, {"words": 4 * moving, "write": state == "writing"})
        ctx.set(dut.singles.ready, 1)
        for (register, value), taken in expected.items():
            assert access(ctx, dut, register.value, value) == (OKAY if taken else SLVERR)
            starts = taken and register == Register.TRANSFER
            assert ctx.get(dut.start) == starts
            assert ctx.get(dut.stop) == (starts and value == 0)
            asks = taken and register in (Register.CONTROL, Register.DATA)
            assert ctx.get(dut.singles.valid) == asks
        for offset in (0x28, 0x100, 0xFFC):
            assert access(ctx, dut, offset, 0) == access(ctx, dut, offset) == DECERR
            assert ctx.get(dut.answer.data) == 0

    simulate(dut, testbench)


def test_commands_and_data_are_requests():
    dut = RegisterFile(CONFIG)

    async def testbench(ctx):
        ctx.set(dut.singles.ready, 1)
        assert access(ctx, dut, Register.TARGET.value, Space.COUNTERS.value << 24 | 6) == OKAY
        await done(ctx, dut)
        access(ctx, dut, Register.CONTROL.value, Command.RESUME.value)
        request = ctx.get(dut.singles.payload)
        assert (request.space, request.address) == (Space.CONTROL.value, 0)
        assert (request.data, request.write) == (Command.RESUME.value, 1)
        await done(ctx, dut)

        assert access(ctx, dut, Register.DATA.value) is None  # the engine has not answered
        request = ctx.get(dut.singles.payload)
        assert (request.space, request.address) == (Space.COUNTERS.value, 6)
        assert not request.write
        await ctx.tick()
        assert not ctx.get(dut.singles.valid)
        ctx.set(dut.answers.payload, 0xBEEF)
        ctx.set(dut.answers.valid, 1)
        assert ctx.get(dut.access.ready)
        assert ctx.get(dut.answer.data) == 0xBEEF
        await done(ctx, dut)
        ctx.set(dut.answers.valid, 0)
        assert access(ctx, dut, Register.TARGET.value) == OKAY
        assert ctx.get(dut.answer.data) == Space.COUNTERS.value << 24 | 7
        ctx.set(dut.step, 1)
        await done(ctx, dut)
        assert ctx.get(dut.target.address) == 8

    simulate(dut, testbench)
