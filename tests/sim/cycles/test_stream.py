"""Words, activations and products of tiles, against the definition of what meets what."""

from itertools import product, zip_longest

import numpy as np
import pytest
from hardware import geometry, random_geometry

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.dealing import group_channels
from zeroleap.gen.ir import (
    Convolution,
    DepthwiseConvolution,
    Graph,
    MaxPool,
    Padding,
    Requantization,
    Tensor,
)
from zeroleap.gen.plan import Room, plan_layer
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Route, decode
from zeroleap.sim.cycles.program import decode_program
from zeroleap.sim.cycles.stream import stream_of_tile

SEED = 6
KINDS = ("none", "activation", "both")


def graph_of(shape, weights):
    """Return a layer: a pool where there are no weights."""
    window = (shape.stride, shape.padding)
    if weights is None:
        layer = MaxPool("pool", "POOL", ("x",), "y", shape.kernel, *window, (-128, 127))
    else:
        ones = np.ones(shape.out_channels, np.int32)
        kind = DepthwiseConvolution if shape.channelwise else Convolution
        scale = Requantization(ones * 2**30, ones * 0)
        layer = kind("conv", "CONV", ("x",), "y", weights, ones, *window, scale, (-128, 127))
    sizes = {
        "x": (1, shape.height, shape.width, shape.in_channels),
        "y": (1, shape.out_height, shape.out_width, shape.out_channels),
    }
    tensors = {name: Tensor(name, size) for name, size in sizes.items()}
    return Graph("net", tensors, ("x",), ("y",), (layer,))


def met(shape, axis, region, part):
    """Taps with which each input coordinate meets an output of the tile, in the tile's range."""
    first, count = ((region.row, region.rows), (region.column, region.columns))[axis]
    before = (shape.padding.top, shape.padding.left)[axis]
    start, number = shape.input_range(axis, first, count, (part.first[axis], part.count[axis]))
    taps = range(part.first[axis], part.first[axis] + part.count[axis])
    return start, [
        {
            tap
            for tap in taps
            for output in range(first, first + count)
            if output * shape.stride[axis] + tap == coordinate + before
        }
        for coordinate in range(start, start + number)
    ]


def expected_stream(shape, plan, weights, region, part, active, config, address):
    """Follow the definition through a part of a tile, of an input at ``address``."""
    first_row, rows = met(shape, 0, region, part)
    first_column, columns = met(shape, 1, region, part)
    channels = range(shape.in_channels)
    if shape.channelwise:
        channels = range(region.channel, region.channel + region.channels)
    slots, shared = plan.blocks.slots, plan.tiling.shared
    group_lanes = config.lanes // config.groups
    lanes = config.lanes if shared else group_lanes
    first_out = region.channel
    owners = range(first_out, first_out + region.channels)
    routes = {}
    if weights is not None:
        words = [plan.parameters[channel][-1:] for channel in owners]
        routes = dict(zip(owners, (decode(Route, word) for word in words), strict=True))

    def work_of(channel, taps):
        """Products of an activation: by block and lane."""
        own = np.zeros((plan.blocks.count, lanes), int)
        if shape.channelwise:
            there = [weights is None or weights[(channel, *tap)] != 0 for tap in taps]
            return [[sum(there) if config.sparsity == "both" else len(taps)]]
        if config.sparsity != "both":
            sizes = [slots] * (plan.blocks.count - 1) + [plan.blocks.last_slots]
            return [[len(taps) * size] for size in sizes]
        for owner, route in routes.items():
            nonzero = sum(weights[(owner, *tap, channel)] != 0 for tap in taps)
            group = (owner - first_out) // group_channels(region.channels, config.groups)
            lane = route.lane + (group * group_lanes if shared else 0)
            own[route.slot // slots, lane] += nonzero
        return own.tolist()

    skips, counts, here, work, lane, passed = [], [], [], [], [], 0
    pixel_words = -(-shape.in_channels // 4)
    for y, down in enumerate(rows or [set()]):
        if not down:
            passed += 1
            continue
        for x, across in enumerate(columns or [set()]):
            if not across:
                passed += 1
                continue
            for word in range(0, len(channels), 4):
                counting = [
                    (place, channel)
                    for place, channel in [*enumerate(channels)][word : word + 4]
                    if active[first_row + y, first_column + x, channel]
                ]
                pixel = (first_row + y) * shape.width + first_column + x
                at = address + pixel * pixel_words + (channels[0] + word) // 4
                here.append(config.read_words > 1 and at % 2 == 1 and word > 0)
                skips.append(passed)
                counts.append(len(counting))
                passed = 0
                work += [work_of(channel, [*product(down, across)]) for _, channel in counting]
                lane += [place % lanes for place, _ in counting]
    return skips, counts, here, passed, work, lane


def in_order(shape, plan, groups):
    """Give regions and parts as they are done: those of a region for each group by turns."""

    def parts_of(region):
        met_parts = [
            (region, part)
            for part in plan.blocks.parts
            if all(any(met(shape, axis, region, part)[1]) for axis in (0, 1))
        ]
        return met_parts or [(region, plan.blocks.parts[0])]

    regions = plan.tiling.regions
    for first in range(0, len(regions), groups):
        by_turns = zip_longest(*(parts_of(region) for region in regions[first : first + groups]))
        yield from (each for turn in by_turns for each in turn if each)


def check(shape, config, density):
    random = np.random.default_rng(SEED)
    size = (shape.out_channels, *shape.kernel)
    size += () if shape.channelwise else (shape.in_channels,)
    weights = None if density is None else random.integers(1, 100, size).astype(np.int8)
    if density is not None:
        weights *= random.random(size) < density
    graph = graph_of(shape, weights)
    [operator] = graph.operators
    plan, image = plan_layer(graph, operator, config, Room()), compile_graph(graph, config)
    active = random.random((shape.height, shape.width, shape.in_channels)) < 0.5
    [program] = decode_program(image)
    tiles, place = iter(program.tiles), image.placements["x"]
    lanes = config.lanes if plan.tiling.shared else config.lanes // config.groups
    for region, part in in_order(shape, plan, 1 if plan.tiling.shared else config.groups):
        stream = stream_of_tile(image, program.layer, next(tiles), place, active)
        skips, counts, here, passed, work, lane = expected_stream(
            shape, plan, weights, region, part, active, config, place.address
        )
        assert stream.skips.tolist() == skips
        assert stream.counts.tolist() == counts
        assert stream.is_here.tolist() == here
        assert stream.trailing_skips == passed
        assert stream.work.tolist() == work
        in_step = config.sparsity != "both" and not shape.channelwise
        assert stream.products == np.sum(work) * (lanes if in_step else 1)
        if shape.channelwise:
            assert stream.lane.tolist() == lane
    assert next(tiles, None) is None


def engine(sparsity, lanes, partial_sums=16, groups=1, **fields):
    return EngineConfig(
        lanes=lanes,
        groups=groups,
        sparsity=sparsity,
        partial_sums=partial_sums,
        headers=2**10,
        **fields,
    )


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("channelwise", [False, True])
def test_random_tiles_are_what_meets(channelwise, sparsity):
    random = np.random.default_rng(SEED)
    for _ in range(25):
        shape = random_geometry(random, channelwise)
        config = engine(sparsity, int(random.choice([1, 3, 8])), int(random.choice([4, 16, 64])))
        check(shape, config, random.choice([0.3, 1.0]))


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize(
    ("size", "channels", "kernel", "stride", "padding"),
    [
        ((1, 1), (1, 1), (1, 1), (1, 1), Padding()),
        ((7, 6), (3, 4), (5, 5), (1, 2), Padding(2, 2, 2, 2)),  # two parts
        ((1, 3), (2, 2), (5, 5), (1, 1), Padding(4, 0, 2, 2)),  # a part that meets nothing
        ((2, 3), (5, 40), (1, 1), (1, 1), Padding()),  # several blocks
        ((3, 3), (2, 19), (2, 2), (2, 2), Padding(1, 0, 0, 1)),
        ((9, 9), (2, 5), (2, 1), (4, 5), Padding(1, 3, 0, 0)),  # gaps of a stride
    ],
)
def test_corners_are_what_meets(size, channels, kernel, stride, padding, sparsity):
    for lanes in (1, 3):
        shape = geometry(size, channels, kernel, stride, padding)
        check(shape, engine(sparsity, lanes), 0.5)
        shape = geometry(size, channels[1:] * 2, kernel, stride, padding, channelwise=True)
        check(shape, engine(sparsity, lanes), 0.5)
        check(shape, engine(sparsity, lanes), None)


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("groups", [2, 4])
def test_tiles_of_groups_are_what_meets(groups, channelwise, sparsity):
    """A tile alone is for the lanes of any group, which all have the same weights."""
    random = np.random.default_rng(SEED)
    for _ in range(10):
        shape = random_geometry(random, channelwise)
        config = engine(sparsity, 4 * groups, int(random.choice([4, 16, 64])), groups)
        check(shape, config, random.choice([0.3, 1.0]))
        if channelwise:
            check(shape, config, None)


@pytest.mark.parametrize("channelwise", [False, True])
def test_words_that_are_read_together_follow_one_another_in_a_pixel(channelwise):
    """An even one comes first, wherever pixel and tile begin."""
    random = np.random.default_rng(SEED)
    for _ in range(40):
        shape = random_geometry(random, channelwise)
        config = engine("activation", 4, int(random.choice([4, 64])), read_words=2)
        check(shape, config, 1.0)


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("groups", [2, 8])
def test_a_tile_that_groups_share_is_for_the_lanes_of_all(groups, sparsity):
    """One pixel, and fewer channels than reach all groups."""
    shape = geometry((1, 1), (256, 4 * groups - 5), (1, 1), (1, 1), Padding())
    config = engine(sparsity, 4 * groups, groups=groups)
    graph = graph_of(shape, np.ones((shape.out_channels, 1, 1, 128), np.int8))
    assert plan_layer(graph, graph.operators[0], config, Room()).tiling.shared
    check(shape, config, 0.5)
    check(shape, config, 1.0)


@pytest.mark.parametrize("sparsity", KINDS)
def test_a_tile_that_is_all_padding_is_passed_over(sparsity):
    shape = geometry((1, 1), (1, 1), (1, 1), (2, 1), Padding(top=1, bottom=1))
    graph = graph_of(shape, np.ones((1, 1, 1, 1), np.int8))
    image = compile_graph(graph, engine(sparsity, 1))
    [program] = decode_program(image)
    place = image.placements["x"]
    for tile in program.tiles:
        stream = stream_of_tile(image, program.layer, tile, place, np.ones((1, 1, 1), bool))
        assert (len(stream.counts), len(stream.work), stream.products) == (0, 0, 0)
        assert stream.trailing_skips == 1
