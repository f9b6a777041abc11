"""The serial port, bit by bit."""

import pytest
from hardware import simulate

from zeroleap.boards.uart import Uart

SILENCE = 16


def receive(divisor, levels):
    """Put ``levels``, each for some cycles, on the line, and give what is told, with its cycle."""
    dut, told = Uart(divisor, SILENCE), []

    async def testbench(ctx):
        cycle = 0
        for level, cycles in levels:
            ctx.set(dut.rx, level)
            for _ in range(cycles):
                if ctx.get(dut.step):
                    told.append((cycle, ctx.get(dut.o)))
                names = ("done", "broken", "silent")
                told.extend((cycle, name) for name in names if ctx.get(getattr(dut, name)))
                await ctx.tick()
                cycle += 1

    simulate(dut, testbench)
    return told


def byte_levels(value, cycles):
    return [(bit, cycles) for bit in (0, *(value >> at & 1 for at in range(8)), 1)]


@pytest.mark.parametrize("divisor", [4, 5, 12, 104])
def test_receives_bytes_without_a_pause(divisor):
    sent = b"\xa5\x00\xff\x01\x80"
    levels = [level for value in sent for level in byte_levels(value, divisor)]
    told = [what for _, what in receive(divisor, [*levels, (1, divisor)])]
    bits = [[value >> at & 1 for at in range(8)] for value in sent]
    assert told == [what for eight in bits for what in (*eight, "done")]


@pytest.mark.parametrize("percent", [-4, 4])
def test_receives_from_a_clock_that_is_off(percent):
    levels = byte_levels(0x55, 100 + percent)
    assert [what for _, what in receive(100, levels)] == [1, 0, 1, 0, 1, 0, 1, 0, "done"]


def test_samples_the_middle_of_a_bit():
    divisor, synchroniser = 16, 2
    (first, _), *_ = receive(divisor, [(1, 5), *byte_levels(0x01, divisor), (1, divisor)])
    assert first == 5 + synchroniser + divisor + divisor // 2


def test_a_spike_is_no_start_bit():
    assert receive(16, [(1, 20), (0, 6), (1, 100)]) == []


def test_a_break_is_broken_and_silence_waits_for_its_end():
    told = receive(4, [(0, 4 * 25), (1, 4 * (SILENCE + 15))])
    kinds = [what for _, what in told]
    assert kinds.count("broken") == 2
    assert kinds[-1] == "silent"
    assert told[-1][0] >= 4 * (25 + SILENCE)


def test_silence_comes_again_and_again():
    told = receive(4, [(1, 4 * SILENCE * 3 + 8)])
    assert [what for _, what in told] == ["silent"] * 3
    assert told[2][0] - told[1][0] in range(4 * SILENCE, 4 * SILENCE + 5)


def send(divisor, data):
    """Send ``data`` and give the line's level in each cycle."""
    dut, levels = Uart(divisor, SILENCE), []
    bits = [value >> at & 1 for value in data for at in range(8)]

    async def testbench(ctx):
        ctx.set(dut.talk, 1)
        ctx.set(dut.send, 1)
        at, bytes_done = 0, 0
        while bytes_done < len(data):
            ctx.set(dut.i, bits[min(at, len(bits) - 1)])
            at += ctx.get(dut.step)
            bytes_done += ctx.get(dut.done)
            levels.append(ctx.get(dut.tx))
            ctx.set(dut.send, bytes_done < len(data))
            await ctx.tick()
        for _ in range(2 * divisor):
            levels.append(ctx.get(dut.tx))
            await ctx.tick()

    simulate(dut, testbench)
    return levels


@pytest.mark.parametrize("divisor", [4, 12])
def test_sends_each_bit_for_its_time(divisor):
    levels = send(divisor, b"\x55\x01")
    falls = [at for at in range(1, len(levels)) if levels[at - 1] > levels[at]]
    first, second = falls[0], falls[5]
    expected = [level for level, cycles in byte_levels(0x55, divisor) for _ in range(cycles)]
    assert levels[first : first + 10 * divisor] == expected
    assert second - first in (10 * divisor, 10 * divisor + 1)
    expected = [level for level, cycles in byte_levels(0x01, divisor) for _ in range(cycles)]
    assert levels[second : second + 10 * divisor] == expected


def test_talking_forgets_what_is_half_received():
    dut, told = Uart(4, SILENCE), []

    async def testbench(ctx):
        ctx.set(dut.rx, 0)
        await ctx.tick().repeat(12)
        ctx.set(dut.talk, 1)
        for _ in range(60):
            told.append(ctx.get(dut.step) or ctx.get(dut.done) or ctx.get(dut.broken))
            await ctx.tick()

    simulate(dut, testbench)
    assert not any(told)


@pytest.mark.parametrize(("divisor", "silence"), [(3, 16), (4, 8), (4, 24)])
def test_refuses_what_it_cannot_do(divisor, silence):
    with pytest.raises(ValueError, match="must be"):
        Uart(divisor, silence)
