"""The CRC, against the catalogue's check value and zlib's."""

import random
import zlib

import pytest
from hardware import SEEDS, simulate

from zeroleap.boards.crc import Crc

CHECK = 0xCBF43926
"""Of b"123456789": CRC-32/ISO-HDLC in the CRC RevEng catalogue."""


def crc_of(data, came=None):
    """Pass ``data``, then a CRC, its own or ``came``; give the CRC, and whether it was damaged."""
    dut = Crc()
    found = []

    async def testbench(ctx):
        for _ in range(2):  # the second time after a clear
            ctx.set(dut.clear, 1)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            ctx.set(dut.step, 1)
            for at in range(8 * len(data)):
                ctx.set(dut.i, data[at // 8] >> at % 8 & 1)
                await ctx.tick()
            ctx.set(dut.check, 1)
            crc = 0
            for at in range(32):
                crc |= ctx.get(dut.o) << at
                ctx.set(dut.i, ctx.get(dut.o) if came is None else came >> at & 1)
                await ctx.tick()
            ctx.set(dut.check, 0)
            ctx.set(dut.step, 0)
            found.append((crc, ctx.get(dut.damaged)))

    simulate(dut, testbench)
    assert found[0] == found[1]
    return found[0]


def test_has_the_published_check_value():
    assert crc_of(b"123456789") == (CHECK, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_zlib(seed):
    data = random.Random(seed).randbytes(9 * seed)
    assert crc_of(data) == (zlib.crc32(data), 0)


@pytest.mark.parametrize("bit", [0, 1, 17, 31])
def test_sees_each_bit_that_differs(bit):
    assert crc_of(b"123456789", CHECK)[1] == 0
    assert crc_of(b"123456789", CHECK ^ 1 << bit)[1] == 1
