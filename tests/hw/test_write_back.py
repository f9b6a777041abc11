"""Where each value of a tile is written."""

import random

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.write_back import WriteBack


def write(values, base, columns, channels, row_bytes, pixel_bytes, gaps=0.0, seed=0, tiles=1):
    """Give values one after the other and return the memory that they leave, and the writes."""
    dut = WriteBack()
    memory, writes = {}, []
    pause = random.Random(seed)

    async def testbench(ctx):
        ctx.set(dut.layer, {"output_row_bytes": row_bytes, "output_pixel_bytes": pixel_bytes})
        for tile in range(tiles):
            ctx.set(
                dut.tile,
                {
                    "x": {"last": columns - 1},
                    "channels": channels - 1,
                    "output_address": base + 1000 * tile,
                },
            )
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            for value in values:
                while pause.random() < gaps:
                    ctx.set(dut.valid, 0)
                    ctx.set(dut.value, 55)
                    assert ctx.get(dut.write_enable) == 0
                    await ctx.tick()
                ctx.set(dut.valid, 1)
                ctx.set(dut.value, value)
                enable, word = ctx.get(dut.write_enable), ctx.get(dut.write_address)
                assert enable.bit_count() == 1
                byte = enable.bit_length() - 1
                address = 4 * word + byte
                assert address not in memory
                memory[address] = ctx.get(dut.write_data) >> 8 * byte & 0xFF
                writes.append(address)
                await ctx.tick()
            ctx.set(dut.valid, 0)

    simulate(dut, testbench)
    return memory, writes


@pytest.mark.parametrize("gaps", [0.0, 0.6])
@pytest.mark.parametrize("seed", SEEDS)
def test_writes_pixels_of_channels_in_rows(seed, gaps):
    choose = random.Random(seed)
    rows, columns, channels = (choose.randrange(1, 5) for _ in range(3))
    base, pixel_bytes = choose.randrange(2**18), channels + choose.randrange(9)
    row_bytes = columns * pixel_bytes + choose.randrange(50)
    values = [choose.randrange(-128, 128) for _ in range(rows * columns * channels)]
    expected = {
        base + row * row_bytes + column * pixel_bytes + channel: values[
            (row * columns + column) * channels + channel
        ]
        & 0xFF
        for row in range(rows)
        for column in range(columns)
        for channel in range(channels)
    }
    memory, writes = write(values, base, columns, channels, row_bytes, pixel_bytes, gaps, seed)
    assert memory == expected
    assert writes == list(expected)


def test_the_next_tile_begins_anew():
    memory, writes = write([1, 2, 3], 6, 1, 3, 64, 4, tiles=2)
    assert writes == [6, 7, 8, 1006, 1007, 1008]
    assert list(memory.values()) == [1, 2, 3] * 2
