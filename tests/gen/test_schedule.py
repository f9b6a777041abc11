"""Records, read as their documentation says, are the layer: each product once, and none else."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hardware import geometry, random_geometry

from zeroleap.gen.blocks import cut_into_blocks
from zeroleap.gen.combinations import Way
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.dealing import group_channels
from zeroleap.gen.ir import AveragePool, MaxPool, Padding
from zeroleap.gen.memory import Placement, Strides
from zeroleap.gen.plan import Arithmetic, Plan
from zeroleap.gen.saving import Saving
from zeroleap.gen.schedule import schedule_layer
from zeroleap.gen.tiling import Region, Tiling, tile_layer
from zeroleap.gen.weights import Packed
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Combination, Layer, Opcode, Tile, decode
from zeroleap.sim.cycles.program import decode_program

SEED = 5
BASE = 127
"""Weights say who they are in digits of this base, plus 1: none is 0."""

KINDS = ("none", "activation", "both")
SHAPES = {
    "one weight": ((1, 1), (1, 1), (1, 1), (1, 1), Padding()),
    "padded": ((5, 4), (3, 5), (3, 3), (1, 1), Padding(1, 1, 1, 1)),
    "16 across": ((2, 18), (2, 2), (1, 16), (1, 1), Padding()),
    "16 down": ((18, 2), (2, 2), (16, 1), (3, 1), Padding()),
    "17 across": ((1, 19), (2, 3), (1, 17), (1, 2), Padding(left=1)),
    "17 down": ((19, 1), (2, 3), (17, 1), (1, 1), Padding(bottom=4)),
    "35 down": ((35, 1), (1, 2), (35, 1), (1, 1), Padding(top=9)),
    "5 x 5, 2 parts": ((7, 6), (3, 4), (5, 5), (1, 2), Padding(2, 2, 2, 2)),
    "7 x 7, 4 parts": ((7, 8), (1, 3), (7, 7), (3, 2), Padding(3, 3, 3, 3)),
    "18 x 2, parts each way": ((18, 5), (1, 2), (9, 3), (2, 1), Padding(1, 0, 0, 2)),
    "a part that meets nothing": ((1, 3), (2, 2), (5, 5), (1, 1), Padding(4, 0, 2, 2)),
    "outputs that meet nothing": ((2, 2), (2, 3), (2, 2), (1, 1), Padding(4, 4, 5, 0)),
    "stride beyond kernel": ((9, 9), (2, 5), (2, 1), (4, 5), Padding(1, 3, 0, 0)),
    "three blocks": ((3, 3), (5, 40), (1, 1), (1, 1), Padding()),
    "last block not full": ((3, 3), (2, 19), (2, 2), (2, 2), Padding(1, 0, 0, 1)),
}


def engine(sparsity, lanes, partial_sums, groups=1):
    room = {"program_words": 2**14, "weight_bytes": 2**14, "headers": 2**12}
    sizes = {"lanes": lanes, "groups": groups, "partial_sums": partial_sums}
    return EngineConfig(sparsity=sparsity, **sizes, **room)


def digits(ids, is_there):
    """Return weights, a set a digit, that tell all of ``ids`` that are there; the others are 0."""
    count = 1
    while BASE**count <= ids.max():
        count += 1
    return [
        np.where(is_there, ids // BASE**digit % BASE + 1, 0).astype(np.int8)
        for digit in range(count)
    ]


def windows(shape):
    """Yield the definition: output pixel, tap and input pixel of all that meet within the map."""
    for y, x in product(range(shape.out_height), range(shape.out_width)):
        for r, s in product(range(shape.kernel[0]), range(shape.kernel[1])):
            i = y * shape.stride[0] + r - shape.padding.top
            j = x * shape.stride[1] + s - shape.padding.left
            if 0 <= i < shape.height and 0 <= j < shape.width:
                yield (y, x), (r, s), (i, j)


def byte(place, y, x, channel):
    """Address of a value: pixel after pixel, each filled up to a word."""
    pixel_bytes = -(-place.channels // 4) * 4
    return 4 * place.address + (y * place.width + x) * pixel_bytes + channel


def expected_sums(shape, source, target, ids, is_there):
    """All products of the layer whose weight is not 0: the definition of convolution."""
    sums = {
        byte(target, y, x, k): Counter()
        for y, x, k in np.ndindex(shape.out_height, shape.out_width, shape.out_channels)
    }
    for (y, x), (r, s), (i, j) in windows(shape):
        for k in range(shape.out_channels):
            inputs = [k] if shape.channelwise else range(shape.in_channels)
            for c in inputs:
                weight = (k, r, s) if shape.channelwise else (k, r, s, c)
                if is_there[weight]:
                    sums[byte(target, y, x, k)][byte(source, i, j, c), int(ids[weight])] += 1
    return sums


def check_convolution(shape, config, density, graph_of_convolution, interpreted):
    """Assert that the records name each product once, and give it to the right output."""
    random = np.random.default_rng(SEED)
    size = (shape.out_channels, *shape.kernel)
    size += () if shape.channelwise else (shape.in_channels,)
    ids = random.permutation(int(np.prod(size))).reshape(size)
    is_there = random.random(size) < density
    images = [
        compile_graph(graph_of_convolution(shape, weights), config)
        for weights in digits(ids, is_there)
    ]
    image = images[0]
    for other in images[1:]:  # only the digits differ
        assert np.array_equal(image.program, other.program)
        assert np.array_equal(image.headers, other.headers)
    stored = sum(
        (other.weights.astype(int) - 1) * BASE**digit for digit, other in enumerate(images)
    )

    source, target = image.placements["x"], image.placements["y"]
    for first in range(1 if decode_program(image)[0].layer.shared else config.groups):
        ran = interpreted(image, first)
        received = {}
        for output, products in ran.sums.items():
            received[output] = Counter()
            for (place, row), times in products.items():
                if image.weights[row] != 0:
                    received[output][place, int(stored[row])] += times
                else:
                    assert config.sparsity != "both", "a weight of 0 is multiplied"
        assert received == expected_sums(shape, source, target, ids, is_there)
        assert ran.biases == {
            byte(target, y, x, k): k
            for y, x, k in np.ndindex(shape.out_height, shape.out_width, shape.out_channels)
        }
    return image


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("name", SHAPES)
def test_records_are_the_layer(name, channelwise, sparsity, graph_of_convolution, interpreted):
    size, channels, *window = SHAPES[name]
    channels = (channels[1], channels[1]) if channelwise else channels
    shape = geometry(size, channels, *window, channelwise)
    for lanes, partial_sums in ((1, 5), (3, 64), (8, 4)):
        config = engine(sparsity, lanes, partial_sums)
        check_convolution(shape, config, 0.6, graph_of_convolution, interpreted)


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("channelwise", [False, True])
def test_random_records_are_the_layer(channelwise, sparsity, graph_of_convolution, interpreted):
    random = np.random.default_rng(SEED)
    for _ in range(25):
        shape = random_geometry(random, channelwise)
        lanes, partial_sums = int(random.choice([1, 2, 3, 8, 64])), int(random.choice([4, 9, 60]))
        density = random.choice([0.0, 0.3, 1.0])
        config = engine(sparsity, lanes, partial_sums)
        check_convolution(shape, config, density, graph_of_convolution, interpreted)


SHARED = {
    "one pixel": ((3, 3), (3, 21), (3, 3), (1, 1), Padding()),
    "a group without channels": ((2, 3), (5, 9), (1, 1), (1, 1), Padding()),
    "bands, the last not for all": ((2, 2), (2, 43), (2, 2), (1, 1), Padding()),
    "parts": ((7, 6), (3, 10), (5, 5), (1, 2), Padding(2, 2, 2, 2)),
    "several blocks": ((1, 2), (2, 70), (1, 1), (1, 1), Padding()),
}


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("name", SHARED | SHAPES)
def test_records_for_groups_are_the_layer(
    name, channelwise, shared, sparsity, graph_of_convolution, interpreted, monkeypatch
):
    """Whoever takes the first tile; if groups share, whoever has the channel."""
    size, channels, *window = (SHARED | SHAPES)[name]
    channels = (channels[1], channels[1]) if channelwise else channels
    shape = geometry(size, channels, *window, channelwise)

    def tile_so(geometry, config, *cuts, saving, **options):
        return tile_layer(geometry, config, *cuts, saving=Saving(weights=shared), **options)

    monkeypatch.setattr("zeroleap.gen.plan.weighted.tile_layer", tile_so)
    for groups, lanes, partial_sums in ((2, 8, 9), (4, 16, 64)):
        config = engine(sparsity, lanes, partial_sums, groups)
        image = check_convolution(shape, config, 0.6, graph_of_convolution, interpreted)
        [program] = decode_program(image)
        assert not shared or program.layer.shared == (not channelwise)
        for tile in program.tiles:
            own = group_channels(tile.channels + 1, groups)
            assert tile.group_channels == (own if program.layer.shared else 0)


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("groups", [2, 4, 8])
def test_random_records_for_groups_are_the_layer(
    groups, channelwise, sparsity, graph_of_convolution, interpreted
):
    random = np.random.default_rng(SEED)
    for _ in range(4):
        shape = random_geometry(random, channelwise)
        lanes, partial_sums = int(random.choice([4, 8])), int(random.choice([4, 9, 60]))
        density = random.choice([0.3, 1.0])
        config = engine(sparsity, lanes * groups, partial_sums, groups)
        check_convolution(shape, config, density, graph_of_convolution, interpreted)


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("kind", [MaxPool, AveragePool])
@pytest.mark.parametrize("name", SHAPES)
def test_records_of_pools_are_their_windows(name, kind, sparsity, graph_of_layer, interpreted):
    """Of a pool with padding, too, whose means have different counts, and so tiles of their own."""
    size, (_, channels), *window = SHAPES[name]
    shape = geometry(size, (channels, channels), *window, channelwise=True)
    if name == "outputs that meet nothing":
        return  # a window without values has no mean and no largest
    operator = kind("pool", "POOL", ("x",), "y", *window, (-128, 127))
    for config in (engine(sparsity, 3, 11), engine(sparsity, 8, 11, groups=2)):
        image = compile_graph(graph_of_layer(shape, operator, -7), config)
        source, target = image.placements["x"], image.placements["y"]
        expected = {}
        for (y, x), _, (i, j) in windows(shape):
            for k in range(channels):
                products = expected.setdefault(byte(target, y, x, k), Counter())
                products[byte(source, i, j, k), ()] += 1
        ran = interpreted(image)
        assert ran.sums == expected
        if kind is AveragePool:  # the offset of a mean is that of its count
            assert ran.biases == {output: -7 * len(sums) for output, sums in expected.items()}


def test_a_layer_by_hand():
    """2 x 5 outputs of 1 slot; 2 x 3 taps with stride (1, 2); padding above and to the left."""
    shape = geometry((2, 10), (6, 2), (2, 3), (1, 2), Padding(top=1, left=1))
    plan = Plan(
        shape,
        Arithmetic(9, -3, (-100, 99)),
        Tiling([Region(0, 2, 0, 5, 0, 2)], shared=False, slots=1),
        cut_into_blocks(shape, 1),
        Packed.empty(2),
        [[30]],
        6,
        [],
        [7],
    )
    words = schedule_layer(plan, Placement(50, 2, 10, 6), Placement(20, 2, 5, 2), groups=1)
    layer, tile = decode(Layer, words[0]), decode(Tile, words[1])
    assert [layer.opcode, tile.opcode] == [Opcode.LAYER.value, Opcode.TILE.value]
    assert (layer.shared, layer.channelwise) == (0, 0)
    assert (layer.unit_weights, layer.maximum) == (0, 0)
    assert (layer.input_zero_point, layer.output_zero_point) == (9, -3)
    assert (layer.clamp_low, layer.clamp_high) == (-100, 99)
    assert (layer.y.last_phase, layer.y.psum_step) == (0, 5)
    assert (layer.x.last_phase, layer.x.psum_step) == (1, 1)
    assert [*layer.y.taps][:6] == [0, 0, 0, 1, 1, 1]
    assert [*layer.x.taps][:6] == [0, 1, 2, 0, 1, 2]
    # a tap further down is the row before, 5 sums; two taps further across, the pixel before
    assert [*layer.psum_offsets][:6] == [0, 0, 4095, 4091, 4091, 4090]
    assert (layer.blocks, layer.block_psums) == (0, 1)
    assert (layer.block_weights, layer.channel_weights) == (6, 6)
    assert layer.last_positions == 0b111111
    assert (layer.row_words, layer.pixel_words) == (20, 2)
    assert (layer.output_row_bytes, layer.output_pixel_bytes) == (20, 4)

    # The first row meets output 1 with tap 0 (at sum 5) and output 0 with tap 1.
    assert (tile.y.inputs, tile.y.last, tile.y.outputs) == (1, 1, 0)
    assert (tile.y.phase, tile.y.meets, tile.y.kernel, tile.y.psum) == (0, 0b11, 0b11, 5)
    # The first column meets output 0 with tap 1; 4 outputs come later.
    assert (tile.x.inputs, tile.x.last, tile.x.outputs) == (9, 4, 4)
    assert (tile.x.phase, tile.x.meets, tile.x.kernel, tile.x.psum) == (1, 0b010, 0b111, 0)
    assert (tile.words, tile.last_mask, tile.channels, tile.is_part) == (1, 0b0011, 1, 0)
    assert (tile.input_address, tile.output_address) == (50, 80)
    assert (tile.weights, tile.parameters) == (30, 7)


WAY = Way(Combination.MULTIPLY, "k", -7, 30, (-90, 80), [[0] * 4] * 3)


def way_out(operand=None, table=None, way=WAY, destination=None):
    """Schedule two tiles of 9 channels; of the second are rows from 2, columns from 3, 4 on."""
    shape = geometry((4, 6), (9, 9), (1, 1), (1, 1), Padding())
    plan = Plan(
        shape,
        Arithmetic(0, 12, (-100, 99)),
        Tiling([Region(0, 2, 0, 3, 0, 4), Region(2, 2, 3, 3, 4, 4)], shared=False, slots=1),
        cut_into_blocks(shape, 1),
        Packed.empty(4),
        [[0], [9]],
        1,
        [],
        [0, 4],
        way=way,
        way_parameters=55,
        destination=destination,
    )
    source, target = Placement(500, 4, 6, 9), Placement(20, 4, 6, 9)
    layer, *tiles = schedule_layer(plan, source, target, 1, operand, table)
    return decode(Layer, layer), [decode(Tile, tile) for tile in tiles]


def test_a_way_out_by_hand():
    """The layer's zero point and clamp are the value's; the result has those of the way."""
    layer, tiles = way_out(Placement(1000, 4, 6, 9), table=5)
    assert Combination(layer.combination) is Combination.MULTIPLY
    assert (layer.value_zero_point, layer.value_low, layer.value_high) == (12, -100, 99)
    assert (layer.output_zero_point, layer.clamp_low, layer.clamp_high) == (30, -90, 80)
    assert (layer.operand_zero_point, layer.combination_parameters) == (-7, 55)
    assert (layer.looks_up, layer.table) == (1, 5)
    # 9 channels are 12 bytes, and a row is 6 pixels.
    assert (layer.operand_row_bytes, layer.operand_pixel_bytes) == (72, 12)
    assert layer.operand_channel_bytes == 1
    begin = 4000 + 2 * 72 + 3 * 12 + 4
    assert [tile.operand_address for tile in tiles] == [4000, begin]
    assert [tile.output_address for tile in tiles] == [80, begin - 4000 + 80]


@pytest.mark.parametrize(
    ("shape", "row", "pixel", "channel", "second"),
    [
        ((4, 6, 9), 72, 12, 1, 2 * 72 + 3 * 12 + 4),
        ((1, 6, 9), 0, 12, 1, 3 * 12 + 4),
        ((4, 1, 9), 12, 0, 1, 2 * 12 + 4),
        ((4, 6, 1), 24, 4, 0, 2 * 24 + 3 * 4),
        ((1, 1, 9), 0, 0, 1, 4),
        ((4, 1, 1), 4, 0, 0, 2 * 4),
        ((1, 6, 1), 0, 4, 0, 3 * 4),
        ((1, 1, 1), 0, 0, 0, 0),
    ],
)
def test_an_operand_of_one_row_pixel_or_channel_is_used_again(shape, row, pixel, channel, second):
    layer, tiles = way_out(Placement(7, *shape))
    steps = layer.operand_row_bytes, layer.operand_pixel_bytes, layer.operand_channel_bytes
    assert steps == (row, pixel, channel)
    assert [tile.operand_address for tile in tiles] == [28, 28 + second]


@pytest.mark.parametrize(
    ("destination", "scatters"),
    [
        *((None, 0), (Strides(8, 72, 12, 1), 0), (Strides(0, 4, -12, 1), 0)),
        *((Strides(3, 72, 12, 1), 1), (Strides(0, 70, 12, 1), 1)),
        *((Strides(0, 72, 9, 1), 1), (Strides(0, 4, 12, 72), 1)),
    ],
)
def test_values_are_scattered_unless_those_of_a_frame_share_a_word(destination, scatters):
    assert way_out(destination=destination)[0].scatters == scatters


def test_values_go_to_their_destination():
    """The second tile begins in row 2, column 3, channel 4; steps are modulo 2**22."""
    layer, tiles = way_out(destination=Strides(101, 5, -12, 72))
    assert (layer.output_row_bytes, layer.output_channel_bytes) == (5, 72)
    assert layer.output_pixel_bytes == 2**22 - 12
    assert [tile.output_address for tile in tiles] == [181, 181 + 2 * 5 - 3 * 12 + 4 * 72]


def test_without_a_way_values_are_results():
    layer, tiles = way_out(way=None)
    assert Combination(layer.combination) is Combination.NONE
    assert (layer.output_zero_point, layer.clamp_low, layer.clamp_high) == (12, -100, 99)
    assert (layer.looks_up, layer.operand_channel_bytes) == (0, 0)
    assert [tile.operand_address for tile in tiles] == [0, 0]
    assert way_out(way=None, table=0)[0].looks_up == 1


def test_a_tile_of_a_channelwise_layer_begins_at_its_channel():
    """Rows 1 and 2 of 3, column 1 of 2, channels 8 to 12 of 13, of two bands."""
    shape = geometry((6, 4), (13, 13), (2, 2), (2, 2), Padding(), channelwise=True)
    plan = Plan(
        shape,
        Arithmetic(0, 0, (-128, 127)),
        Tiling([Region(0, 1, 0, 2, 0, 8), Region(1, 2, 1, 1, 8, 5)], shared=False, slots=4),
        cut_into_blocks(shape, 4),
        Packed.empty(2),
        [[100], [200]],
        1,
        [],
        [0, 8],
    )
    _, _, words = schedule_layer(plan, Placement(1000, 6, 4, 13), Placement(10, 3, 2, 13), groups=4)
    tile = decode(Tile, words)
    assert tile.input_address == 1000 + 2 * 16 + 2 * 4 + 2
    assert tile.output_address == 4 * (10 + (1 * 2 + 1) * 4) + 8
    assert (tile.words, tile.last_mask, tile.channels) == (1, 0b0001, 4)
    assert (tile.weights, tile.parameters) == (200, 8)


@pytest.mark.parametrize(("groups", "of_group"), [(1, 24), (2, 12), (4, 8), (8, 4)])
def test_a_shared_tile_says_how_many_channels_a_group_has(groups, of_group):
    """21 channels and 9, in words: 6 and 3."""
    shape = geometry((1, 1), (2, 30), (1, 1), (1, 1), Padding())
    regions = [Region(0, 1, 0, 1, 0, 21), Region(0, 1, 0, 1, 21, 9)]
    plan = Plan(
        shape,
        Arithmetic(0, 0, (-128, 127)),
        Tiling(regions, shared=True, slots=3),
        cut_into_blocks(shape, 3),
        Packed.empty(32),
        [[0], [6]],
        3,
        [],
        [0, 21],
    )
    layer, *tiles = schedule_layer(plan, Placement(0, 1, 1, 2), Placement(1, 1, 1, 30), groups)
    assert decode(Layer, layer).shared == 1
    first, last = (decode(Tile, tile) for tile in tiles)
    assert (first.channels, first.group_channels) == (20, of_group)
    assert (last.channels, last.group_channels) == (8, {1: 12, 2: 8}.get(groups, 4))


def test_positions_that_are_not_in_use_meet_no_tap(graph_of_convolution):
    shape = geometry((4, 4), (2, 2), (3, 2), (1, 1), Padding())
    graph = graph_of_convolution(shape, np.ones((2, 3, 2, 2), np.int8))
    [program] = decode_program(compile_graph(graph, engine("none", 2, 64)))
    for axis, taps in ((program.layer.y, 3), (program.layer.x, 2)):
        assert all(tap >= taps for tap in [*axis.taps][6:])


def test_only_parts_that_meet_an_input_have_a_record(graph_of_convolution):
    """5 x 5 taps over a map of 1 x 1, padded by 4 above: only rows of the second part meet it."""
    shape = geometry((1, 1), (2, 2), (5, 5), (1, 1), Padding(4, 0, 4, 0))
    graph = graph_of_convolution(shape, np.ones((2, 5, 5, 2), np.int8))
    [program] = decode_program(compile_graph(graph, engine("activation", 2, 64)))
    [tile] = program.tiles
    assert (tile.is_part, tile.weights) == (0, 2 * 15)  # past the first part of 2 channels

    shape = geometry((2, 1), (2, 2), (5, 5), (1, 1), Padding(3, 0, 4, 0))  # rows 3 and 4 meet it
    graph = graph_of_convolution(shape, np.ones((2, 5, 5, 2), np.int8))
    assert len(decode_program(compile_graph(graph, engine("activation", 2, 64)))[0].tiles) == 1
    shape = geometry((3, 1), (2, 2), (5, 5), (1, 1), Padding(2, 0, 4, 0))  # and row 2
    graph = graph_of_convolution(shape, np.ones((2, 5, 5, 2), np.int8))
    [program] = decode_program(compile_graph(graph, engine("activation", 2, 64)))
    assert [tile.is_part for tile in program.tiles] == [1, 0]


def test_a_tile_that_meets_no_input_has_one_record_whatever_its_parts():
    shape = geometry((1, 1), (1, 1), (5, 5), (6, 6), Padding(6, 4, 6, 4))
    plan = Plan(
        shape,
        Arithmetic(0, 0, (-128, 127)),
        Tiling([Region(0, 1, 0, 1, 0, 1), Region(1, 1, 1, 1, 0, 1)], shared=False, slots=1),
        cut_into_blocks(shape, 1),
        Packed.empty(1),
        [[10, 25]],
        15,
        [],
        [0, 0],
    )
    words = schedule_layer(plan, Placement(0, 1, 1, 1), Placement(1, 2, 2, 1), groups=1)
    [vain, met] = [decode(Tile, record) for record in words[1:]]
    assert (vain.is_part, vain.y.kernel, vain.x.kernel) == (0, 0, 0)
    assert (met.is_part, met.weights, met.y.meets, met.x.meets) == (0, 10, 1, 1)


def test_a_tile_that_meets_no_input_still_drains(graph_of_convolution):
    """All outputs of a map that is all padding but one corner are the bias; it takes a record."""
    shape = geometry((1, 1), (1, 1), (1, 1), (2, 1), Padding(top=1, bottom=1))
    graph = graph_of_convolution(shape, np.ones((1, 1, 1, 1), np.int8))
    [program] = decode_program(compile_graph(graph, engine("activation", 1, 4)))
    tiles = program.tiles
    assert not any(tile.y.meets or tile.is_part for tile in tiles)
    assert sum((tile.y.last + 1) * (tile.x.last + 1) for tile in tiles) == 2
