"""What is read of a tile, and what each word meets, against a plain walk over the input."""

from dataclasses import dataclass

import numpy as np
import pytest
from hardware import SEEDS, geometry, meets, random_geometry, random_region, simulate

from zeroleap.gen.blocks import Blocks, cut_into_blocks
from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Padding
from zeroleap.gen.memory import Placement
from zeroleap.gen.plan import Arithmetic, Plan
from zeroleap.gen.schedule import schedule_layer
from zeroleap.gen.tiling import Region, Tiling
from zeroleap.gen.weights import Packed
from zeroleap.hw.fetch import Fetch
from zeroleap.hw.isa import Layer, Tile, decode

LANES = [1, 2, 3, 5, 8]
ADDRESS = 100
END = "end"
SKIP = "skip"
FIRST = 1 + Fetch.LATENCY
"""From the cycle of ``start`` to the first word offered: the first read is in between."""


@dataclass(frozen=True)
class Job:
    """One region of a layer; ``weights`` is the address of the first part of the kernel."""

    shape: Geometry
    region: Region
    lanes: int
    weights: int = 5000
    block_weights: int = 7

    @property
    def slots(self) -> int:
        return -(-self.region.channels // self.lanes)

    @property
    def blocks(self) -> Blocks:
        return cut_into_blocks(self.shape, self.slots)

    @property
    def part_weights(self):
        """Far apart, and not in order."""
        return [self.weights - 100 * index for index in range(len(self.blocks.parts))]

    def records(self):
        """Return the layer and its tiles as the compiler writes them."""
        shape, region = self.shape, self.region
        source = Placement(ADDRESS, shape.height, shape.width, shape.in_channels)
        target = Placement(0, shape.out_height, shape.out_width, shape.out_channels)
        plan = Plan(
            shape,
            Arithmetic(0, 0, (-128, 127)),
            Tiling([region], shared=False, slots=self.slots),
            self.blocks,
            Packed.empty(self.lanes),
            [self.part_weights] * (region.channel // region.channels + 1),
            self.block_weights,
            [],
            [0],
        )
        layer, *tiles = schedule_layer(plan, source, target, groups=1)
        return decode(Layer, layer), [decode(Tile, tile) for tile in tiles]

    def steps(self):
        """Return what is to be done in each cycle of each tile: a word, a skip, or the end."""
        parts = list(zip(self.blocks.parts, self.part_weights, strict=True))
        used = [
            part
            for part in parts
            if all(
                any(
                    self._taps(axis, coordinate, part[0])
                    for coordinate in self._inputs(axis, part[0])
                )
                for axis in (0, 1)
            )
        ]
        tiles = [self._part(*part) for part in used or parts[:1]]
        tiles[-1].append(END)
        return tiles

    def _inputs(self, axis, part):
        """Return the coordinates from the first to the last that a part of the kernel meets."""
        region = self.region
        edges = ((region.row, region.rows), (region.column, region.columns))[axis]
        taps = part.first[axis], part.count[axis]
        start, inputs = self.shape.input_range(axis, *edges, taps)
        return range(start, start + inputs)

    def _part(self, part, weights):
        steps = []
        rows, columns = (self._inputs(axis, part) for axis in (0, 1))
        for y in rows or [0]:  # without any, one is visited in vain
            down = self._taps(0, y, part)
            if not down:
                steps.append(SKIP)
                continue
            for x in columns or [0]:
                across = self._taps(1, x, part)
                if not across:
                    steps.append(SKIP)
                    continue
                steps += self._pixel(y, x, down, across, weights)
        return steps

    def _taps(self, axis, coordinate, part):
        """Return the output that each tap of the part meets, if it does."""
        pairs = meets(self.shape, self.region, axis, coordinate)
        taps = range(part.count[axis])
        return {tap - part.first[axis]: o for o, tap in pairs if tap - part.first[axis] in taps}

    def _pixel(self, y, x, down, across, weights):
        shape, region = self.shape, self.region
        sums = {
            position: (down[r] * region.columns + across[s]) * self.slots + slot
            for position, (slot, r, s) in enumerate(self.blocks.places())
            if r in down and s in across
        }
        first = region.channel if shape.channelwise else 0
        channels = region.channels if shape.channelwise else shape.in_channels
        pixel = ADDRESS + (y * shape.width + x) * -(-shape.in_channels // 4)
        for channel in range(0, channels, 4):
            slot, lane = divmod(channel, self.lanes) if shape.channelwise else (0, None)
            further = slot if shape.channelwise else channel
            yield (
                pixel + (first + channel) // 4,
                (1 << min(4, channels - channel)) - 1,
                weights + further * self.block_weights * self.blocks.count,
                {position: (psum + slot) % 2**12 for position, psum in sums.items()},
                lane,
            )


def as_tuple(word, layer):
    """Return a word as `Job.steps` has it: for each position the partial sum that it means."""
    if word.is_end:
        return END
    data = sum((byte & 0xFF) << 8 * index for index, byte in enumerate(word.data))
    sums = {
        position: (word.psum + offset) % 2**12
        for position, offset in enumerate(layer.psum_offsets)
        if word.positions >> position & 1
    }
    return data, word.mask, word.weights, sums, word.lane if layer.channelwise else None


@dataclass(frozen=True)
class Turn:
    """The cycles in which the SRAM may be read, counted from that of ``start``."""

    first: int = 0
    period: int = 1

    def comes(self, cycle):
        return (cycle - self.first) % self.period == 0


ALWAYS = Turn()


def fetch(
    lanes,
    tiles,
    convert=as_tuple,
    stall=0.0,
    shy=False,
    seed=0,
    turn=ALWAYS,
    together=1,
    shares=True,
):
    """Return the words of each ``(layer, tile)``, the cycles of their transfer, and of idle.

    The word of the SRAM is its own address. If it is shared, the word is there two cycles later,
    and then what others have read; else a cycle later, until the next read. Cycles are counted from
    that of ``start``.
    """
    dut = Fetch(lanes, shares=shares, together=together)
    pause = np.random.default_rng(seed)
    results = []

    async def run(ctx, layer, tile):
        received, arrived, reads, answer = [], [], [], None
        ctx.set(dut.layer, layer)
        ctx.set(dut.tile, tile)
        ctx.set(dut.start, 1)
        assert ctx.get(dut.idle)
        refused = None
        for cycle in range(20_000):
            valid = ctx.get(dut.o.valid)
            ready = pause.random() >= stall and (not shy or valid)
            ctx.set(dut.o.ready, ready)
            ctx.set(dut.may_read, turn.comes(cycle))
            offer = ctx.get(dut.o.payload)
            if refused is not None:
                assert valid, "offer withdrawn"
                assert offer == refused, "offer changed"
            refused = offer if valid and not ready else None
            if valid and ready:
                received.append(convert(offer, layer))
                arrived.append(cycle)
            is_read, address = ctx.get(dut.read_enable), ctx.get(dut.read_address)
            assert turn.comes(cycle) or not is_read, "read in the turn of others"
            await ctx.tick()
            ctx.set(dut.start, 0)
            if is_read:
                reads.append(address)
            if shares:
                data, answer = answer, address if is_read else 0x8000_0000 + cycle
            else:
                data = address if is_read else None
            if data is not None:
                ctx.set(dut.read_data, data)
                ctx.set(dut.last_data, data | together - 1)
            if ctx.get(dut.idle):
                words = [word[0] for word in received if word != END]
                assert reads == read_of(words, tile.words + 1, together), "read in vain"
                results.append((received, arrived, cycle + 1))
                return
        raise AssertionError("never idle")

    async def testbench(ctx):
        for layer, tile in tiles:
            await run(ctx, layer, tile)

    simulate(dut, testbench)
    return results


def is_here(address, place, together):
    """Tell whether a word of a pixel, the ``place``-th read of it, came with the one before."""
    return place > 0 and address % together > 0


def read_of(addresses, pixel_words, together):
    """Return those of the words, so many a pixel, for which the SRAM is read."""
    return [
        address
        for index, address in enumerate(addresses)
        if not is_here(address, index % pixel_words, together)
    ]


def times(steps, turn, pixel_words, together, latency):
    """Return the cycles in which words arrive, and idle: a step a cycle, a word when it may."""
    arrived, cycle = [], 1
    for step in steps:
        waits = step not in (SKIP, END)
        if waits and is_here(step[0], len(arrived) % pixel_words, together):
            waits = False
        while waits and not turn.comes(cycle):
            cycle += 1
        if step != SKIP:
            arrived.append(cycle + latency)
        cycle += 1
    return arrived, max([cycle, *(each + 1 for each in arrived)])


def check(jobs, turn=ALWAYS, together=1, shares=True, **pauses):
    """Compare all words of all tiles of ``jobs``, and without pauses the cycle of each."""
    latency = Fetch.LATENCY if shares else Fetch.LATENCY - 1
    tiles, expected = [], []
    for job in jobs:
        layer, parts = job.records()
        tiles += [(layer, part) for part in parts]
        expected += job.steps()
        assert len(tiles) == len(expected)
    results = fetch(jobs[0].lanes, tiles, turn=turn, together=together, shares=shares, **pauses)
    for (_, tile), steps, found in zip(tiles, expected, results, strict=True):
        received, arrived, idle = found
        assert received == [step for step in steps if step != SKIP]
        if not pauses:
            assert (arrived, idle) == times(steps, turn, tile.words + 1, together, latency)


def random_job(random, lanes, channelwise):
    shape = random_geometry(random, channelwise)
    region = random_region(random, shape, lanes)
    return Job(shape, region, lanes, int(random.integers(3000, 9000)), int(random.integers(1, 32)))


def corner(lanes, size, channels, kernel, stride, padding, channelwise=False):
    """Return a layer in one tile."""
    shape = geometry(size, channels, kernel, stride, padding, channelwise)
    region = Region(0, shape.out_height, 0, shape.out_width, 0, shape.out_channels)
    return Job(shape, region, lanes)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("channelwise", [False, True])
def test_reads_what_meets_an_output(channelwise, lanes):
    random = np.random.default_rng(lanes)
    check([random_job(random, lanes, channelwise) for _ in range(8)])


@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_keeps_its_words_under_stalls(seed, channelwise, shy):
    random = np.random.default_rng(seed)
    jobs = [random_job(random, 3, channelwise) for _ in range(2)]
    check(jobs, stall=0.6, shy=shy, seed=seed)


@pytest.mark.parametrize("pauses", [{}, {"stall": 0.6}])
@pytest.mark.parametrize("channelwise", [False, True])
def test_words_of_an_sram_of_its_own_come_a_cycle_earlier(channelwise, pauses):
    random = np.random.default_rng(7)
    jobs = [random_job(random, 3, channelwise) for _ in range(4)]
    check(jobs, shares=False, **pauses)


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("turn", [Turn(0, 2), Turn(3, 4), Turn(5, 8)])
def test_reads_only_in_its_turn(turn, channelwise):
    """A word waits for the next turn; what is passed over does not, and neither does the end."""
    random = np.random.default_rng(turn.first)
    check([random_job(random, 4, channelwise) for _ in range(4)], turn)


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("turn", [ALWAYS, Turn(0, 2), Turn(3, 4), Turn(5, 8)])
def test_a_word_that_was_read_with_the_one_before_needs_no_turn(turn, channelwise):
    random = np.random.default_rng(turn.first)
    check([random_job(random, 4, channelwise) for _ in range(6)], turn, together=2)


@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("turn", [ALWAYS, Turn(2, 4)])
def test_keeps_both_words_that_were_read_together(turn, shy):
    random = np.random.default_rng(turn.period)
    jobs = [random_job(random, 4, channelwise) for channelwise in (False, True, False)]
    check(jobs, turn, together=2, stall=0.7, shy=shy)


@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("turn", [ALWAYS, Turn(2, 4)])
def test_keeps_a_word_that_the_memory_does_not(turn, shy):
    """Others read in each cycle in which it does not."""
    random = np.random.default_rng(turn.period)
    jobs = [random_job(random, 4, channelwise) for channelwise in (False, True, False)]
    check(jobs, turn, stall=0.7, shy=shy)


def test_a_word_waits_for_its_turn():
    """Of 3 pixels in a row, a 1x1 kernel of stride 2 meets the first and the last."""
    job = corner(8, (1, 3), (5, 1), (1, 1), (1, 2), Padding())
    layer, tiles = job.records()
    tiles = [(layer, tile) for tile in tiles]
    ((words, arrived, idle),) = fetch(8, tiles, turn=Turn(2, 4))
    assert [word[0] for word in words[:-1]] == [ADDRESS + word for word in (0, 1, 4, 5)]
    # Read in cycles 2, 6, 10 and 14, and so two cycles later here; then the end.
    assert arrived == [4, 8, 12, 16, 17]
    assert idle == 18


@pytest.mark.parametrize("lanes", LANES)
def test_deals_channels_to_lanes(lanes):
    """The slots go on from word to word, and begin again with the next pixel."""
    check([corner(lanes, (1, 2), (37, 37), (1, 1), (1, 1), Padding(), channelwise=True)])


@pytest.mark.parametrize(
    "about",
    [
        ((4, 5), (6, 8), (3, 3), (1, 1), Padding(1, 1, 1, 1)),
        ((2, 21), (3, 7), (1, 20), (1, 1), Padding(0, 0, 9, 10)),  # 2 parts across
        ((18, 2), (3, 7), (17, 2), (2, 1), Padding(3, 3)),  # 3 parts down
        ((6, 6), (2, 3), (6, 5), (3, 2), Padding(2, 1, 0, 3)),  # some of both
        ((4, 4), (2, 1), (4, 4), (1, 1), Padding(3, 3, 3, 3)),  # all positions of a block
        ((8, 7), (1, 40), (2, 1), (4, 6), Padding()),  # a stride beyond the kernel
        ((2, 2), (4, 1), (2, 2), (5, 5), Padding(3, 3, 3, 3)),  # outputs of padding alone
        ((1, 1), (4 * 4096, 1), (1, 1), (1, 1), Padding()),  # as many words as can be
    ],
)
def test_corners(about):
    check([corner(8, *about)])


def test_reads_a_word_per_cycle():
    job = corner(8, (4, 4), (6, 8), (3, 3), (1, 1), Padding(1, 1, 1, 1))
    layer, tiles = job.records()
    ((words, arrived, idle),) = fetch(8, [(layer, tile) for tile in tiles])
    assert len(words) == 4 * 4 * 2 + 1
    assert arrived == [FIRST + index for index in range(len(words))]
    assert idle == arrived[-1] + 1


def test_passes_over_a_row_or_a_pixel_in_one_cycle():
    """Of 5 rows and columns, a 1x1 kernel of stride 3 meets the first and the fourth."""
    job = corner(8, (5, 5), (4, 1), (1, 1), (3, 3), Padding())
    layer, tiles = job.records()
    ((words, arrived, idle),) = fetch(8, [(layer, tile) for tile in tiles])
    assert [word[0] for word in words[:-1]] == [ADDRESS + pixel for pixel in (0, 3, 15, 18)]
    # Pixels 0 and 3 of rows 0 and 3, two pixels between, two rows between; then the end.
    assert arrived == [FIRST + cycle for cycle in (0, 3, 6, 9, 10)]
    assert idle == arrived[-1] + 1


def test_a_tile_of_padding_reads_nothing():
    shape = geometry((2, 2), (4, 1), (2, 2), (2, 2), Padding(4, 4, 4, 4))
    layer, tiles = Job(shape, Region(0, 1, 0, 1, 0, 1), 8).records()
    ((words, arrived, idle),) = fetch(8, [(layer, tile) for tile in tiles])
    assert words == [END]
    assert arrived == [FIRST + 1]
    assert idle == FIRST + 2


@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("is_part", [0, 1])
def test_the_end_comes_after_the_tile_and_not_after_a_part(is_part, shy):
    """One word, 3 of whose channels are in use."""
    axis = {"last_phase": 0, "psum_step": 0, "taps": [0] + [1] * 15}
    edge = {"inputs": 0, "last": 0, "outputs": 0, "phase": 0, "meets": 1, "kernel": 1, "psum": 0}
    layer = Layer.const({"y": axis, "x": axis})
    tile = Tile.const(
        {"is_part": is_part, "y": edge, "x": edge, "input_address": 9, "last_mask": 0b0111}
    )
    word = (9, 0b0111, 0, {0: 0}, None)
    for words, *_ in fetch(8, [(layer, tile)] * 3, shy=shy):
        assert words == ([word] if is_part else [word, END])


def test_addresses_have_all_their_bits():
    """2 by 2 pixels of 5 channels; every step carries into the highest bit, and some beyond."""
    edge = {"inputs": 1, "last": 1, "outputs": 1, "phase": 0, "meets": 1, "kernel": 1}
    layer = Layer.const(
        {
            "channelwise": 1,
            "y": {"last_phase": 0, "psum_step": 0xF01, "taps": [0, 0] + [1] * 14},
            "x": {"last_phase": 0, "psum_step": 0x7FE, "taps": [0, 0] + [1] * 14},
            "channel_weights": 0x9_0001,
            "row_words": 0x4_1234,
            "pixel_words": 0x2345,
        }
    )
    tile = Tile.const(
        {
            "y": {**edge, "psum": 0x801},
            "x": {**edge, "psum": 0x102},
            "input_address": 0xB_F000,
            "words": 1,
            "last_mask": 0b0001,
            "weights": 0xF_0002,
        }
    )

    def as_numbers(word, _):
        data = sum((byte & 0xFF) << 8 * index for index, byte in enumerate(word.data))
        return END if word.is_end else (data, word.weights, word.psum, word.lane, word.positions)

    ((words, *_),) = fetch(3, [(layer, tile)], as_numbers)
    assert words == [
        (0xB_F000, 0xF_0002, 0x903, 0, 0b11),
        (0xB_F001, 0x8_0003, 0x904, 1, 0b11),
        (0xC_1345, 0xF_0002, 0x101, 0, 0b11),
        (0xC_1346, 0x8_0003, 0x102, 1, 0b11),
        (0x0_0234, 0xF_0002, 0x804, 0, 0b11),
        (0x0_0235, 0x8_0003, 0x805, 1, 0b11),
        (0x0_2579, 0xF_0002, 0x002, 0, 0b11),
        (0x0_257A, 0x8_0003, 0x003, 1, 0b11),
        END,
    ]
