"""What is read of a tile, and what each word meets, against a plain walk over the input."""

import numpy as np
import pytest
from hardware import (
    SEEDS,
    geometry,
    meets,
    random_geometry,
    random_region,
    records,
    simulate,
)

from zeroleap.gen.ir import Padding
from zeroleap.gen.tiling import Region
from zeroleap.hw.fetch import Fetch

ADDRESS, WEIGHT = 100, 5000
LATENCY_OF_START = 2
"""From the cycle of ``start`` to the first word offered: the first read is in between."""


def fetch(shape, region, lanes, stall=0.0, shy=False, seed=0):
    """Return the words of a tile, the cycles of their transfer, and the cycles until idle."""
    dut = Fetch(lanes)
    arithmetic = {"source_address": ADDRESS, "weight_address": WEIGHT}
    layer, tile = records(shape, region, lanes, **arithmetic)
    pause = np.random.default_rng(seed)
    received, arrived = [], []

    async def testbench(ctx):
        ctx.set(dut.layer, layer)
        ctx.set(dut.tile, tile)
        ctx.set(dut.start, 1)
        assert ctx.get(dut.idle)
        refused = None
        for cycle in range(20_000):
            valid = ctx.get(dut.o.valid)
            ready = pause.random() >= stall and (not shy or valid)
            ctx.set(dut.o.ready, ready)
            offer = ctx.get(dut.o.payload)
            if refused is not None:
                assert valid, "offer withdrawn"
                assert offer == refused, "offer changed"
            refused = offer if valid and not ready else None
            if valid and ready:
                received.append(as_tuple(offer))
                arrived.append(cycle)
            is_read, address = ctx.get(dut.read_enable), ctx.get(dut.read_address)
            await ctx.tick()
            ctx.set(dut.start, 0)
            if is_read:  # the word of the SRAM says where it lies
                ctx.set(dut.read_data, address)
            if ctx.get(dut.idle):
                arrived.append(cycle + 1)
                return
        raise AssertionError("never idle")

    simulate(dut, testbench)
    return received, arrived[:-1], arrived[-1]


def as_tuple(word):
    taps = (word.taps_y, word.taps_x)
    data = sum((byte & 0xFF) << 8 * index for index, byte in enumerate(word.data))
    return (data, word.mask, word.weight, word.psum, *taps, word.lane)


def expected_words(shape, region, lanes):
    """Walk over rows, columns and words; also return the rows and pixels that meet nothing."""
    slots = -(-region.channels // lanes)
    blocks = -(-(region.channels if shape.channelwise else shape.in_channels) // 4)
    first_block = region.channel // 4 if shape.channelwise else 0
    channels = region.channels if shape.channelwise else shape.in_channels
    pixel_words = -(-shape.in_channels // 4)
    first_slot, all_slots = region.channel // lanes, -(-shape.out_channels // lanes)
    taps = shape.kernel[0] * shape.kernel[1]
    words, skips = [], 0
    row, rows = shape.input_range(0, region.row, region.rows)
    column, columns = shape.input_range(1, region.column, region.columns)
    for y in range(row, row + max(rows, 1)):
        down = meets(shape, region, 0, y)
        if not down:
            skips += 1
            continue
        for x in range(column, column + max(columns, 1)):
            across = meets(shape, region, 1, x)
            if not across:
                skips += 1
                continue
            (out_y, tap_y), (out_x, tap_x) = (min(m, key=lambda m: m[1]) for m in (down, across))
            tap = tap_y * shape.kernel[1] + tap_x
            pixel = (out_y * region.columns + out_x) * slots
            for block in range(blocks):
                place = (y * shape.width + x) * pixel_words + first_block + block
                own = 4 * block // lanes if shape.channelwise else 0
                if shape.channelwise:
                    weight = tap * all_slots + first_slot + own
                else:
                    weight = (first_slot * taps + tap) * shape.in_channels + 4 * block
                words.append(
                    (
                        ADDRESS + place,
                        (1 << min(4, channels - 4 * block)) - 1,
                        WEIGHT + weight,
                        pixel + own,
                        len(down),
                        len(across),
                        (4 * block) % lanes,
                    )
                )
    return words, skips


@pytest.mark.parametrize("lanes", [1, 3, 8, 16])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_reads_what_meets_an_output(seed, channelwise, lanes):
    random = np.random.default_rng(seed)
    for _ in range(10):
        shape = random_geometry(random, channelwise)
        region = random_region(random, shape, lanes)
        expected, _ = expected_words(shape, region, lanes)
        received, _, _ = fetch(shape, region, lanes)
        if not channelwise:
            expected, received = ([word[:-1] for word in words] for words in (expected, received))
        assert received == expected


@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_keeps_its_words_under_stalls(seed, shy):
    shape = geometry((5, 6), (7, 3), (3, 2), (2, 1), Padding(1, 1, 0, 1))
    region = Region(0, shape.out_height, 1, 3, 0, 3, 1)
    expected, _ = expected_words(shape, region, 8)
    received, _, _ = fetch(shape, region, 8, stall=0.6, shy=shy, seed=seed)
    assert [word[:-1] for word in received] == [word[:-1] for word in expected]


def test_reads_a_word_per_cycle():
    shape = geometry((4, 4), (6, 8), (3, 3), (1, 1), Padding(1, 1, 1, 1))
    words, arrived, idle = fetch(shape, Region(0, 4, 0, 4, 0, 8, 1), 8)
    assert arrived == [LATENCY_OF_START + index for index in range(len(words))]
    assert len(words) == 4 * 4 * 2
    assert idle == arrived[-1] + 1


def test_passes_over_a_row_or_a_pixel_in_one_cycle():
    """Of 5 rows and columns, a 1x1 kernel of stride 3 meets the first and the fourth."""
    shape = geometry((5, 5), (4, 1), (1, 1), (3, 3), Padding())
    words, arrived, idle = fetch(shape, Region(0, 2, 0, 2, 0, 1, 1), 8)
    assert len(words) == 4
    # Pixels 0 and 3 of rows 0 and 3, two pixels between, two rows between.
    first = LATENCY_OF_START
    assert arrived == [first, first + 3, first + 6, first + 9]
    assert idle == arrived[-1] + 1


def test_a_tile_of_padding_reads_nothing():
    shape = geometry((2, 2), (4, 1), (2, 2), (2, 2), Padding(4, 4, 4, 4))
    words, _, idle = fetch(shape, Region(0, 1, 0, 1, 0, 1, 1), 8)
    assert words == []
    assert idle == LATENCY_OF_START
