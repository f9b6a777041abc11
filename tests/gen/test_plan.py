"""What is decided for a layer: arithmetic, bands of channels, where weights and parameters are."""

from dataclasses import replace

import numpy as np
import pytest
from hardware import geometry

from zeroleap.gen.dealing import group_channels
from zeroleap.gen.ir import AveragePool, MaxPool, Padding, Requantization, Softmax
from zeroleap.gen.plan import Room, plan_layer
from zeroleap.gen.saving import Saving
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Header, Parameter, Route, decode

ROOM = Room(parameters=70, weights=1000, headers=300)
SEED = 2


@pytest.fixture
def planned(graph_of_convolution):
    """Plan a convolution."""

    def plan(shape, weights, config, room=ROOM, **options):
        graph = graph_of_convolution(shape, weights, zero_point=-5)
        [operator] = graph.operators
        return plan_layer(graph, operator, config, room, **options)

    return plan


def weights_of(channels, inputs, density=1.0):
    random = np.random.default_rng(SEED)
    is_there = random.random((channels, 3, 3, inputs)) < density
    return np.where(is_there, random.integers(1, 128, is_there.shape), 0).astype(np.int8)


WINDOW = ((1, 1), Padding())
BANDS = geometry((5, 5), (2, 21), (3, 3), (1, 1), Padding())


def bands_of(plan):
    """First channel and number of each set of channels that are computed together."""
    return sorted({(region.channel, region.channels) for region in plan.tiling.regions})


@pytest.mark.parametrize("sparsity", ["none", "activation", "both"])
def test_each_band_of_channels_has_weights_of_its_own(sparsity, planned):
    """4 partial sums a lane are too few for 21 channels in 3 lanes."""
    config = EngineConfig(lanes=3, partial_sums=4, sparsity=sparsity)
    weights = weights_of(21, 2)
    plan = planned(BANDS, weights, config)
    bands = bands_of(plan)
    assert len(bands) > 1
    assert [first for first, _ in bands] == [*range(0, 21, plan.band_channels)]
    assert len(plan.addresses) == len(bands)
    assert [decode(Parameter, words).bias for words in plan.parameters] == [*range(21)]
    for index, (first, count) in enumerate(bands):
        slots = plan.tiling.slots
        assert -(-count // 3) <= slots
        [address] = plan.addresses[index]
        blocks = slots * 2  # a kernel of 9 taps fills a block; two inputs
        if sparsity == "both":
            assert address == 300 + index * blocks
            header = decode(Header, [plan.packed.headers[address - 300, 0]])
            assert header.mask == 0x1FF
            row = header.weights - 1000
        else:
            assert address == 1000 + index * blocks * 9
            row = address - 1000
        kernel = plan.packed.weights[row : row + 9, 0].tolist()
        assert kernel in weights[first : first + count, :, :, 0].reshape(count, -1).tolist()


def test_lanes_in_step_have_no_headers(planned):
    weights = weights_of(21, 2, 0.3)
    plan = planned(BANDS, weights, EngineConfig(lanes=3))
    assert len(plan.packed.headers) == 0
    assert plan.block_weights == 9
    assert len(plan.packed.weights) == 7 * 9 * 2
    plan = planned(BANDS, weights, EngineConfig(lanes=3, sparsity="both"))
    assert plan.block_weights == 1
    assert len(plan.packed.headers) == len(bands_of(plan)) * plan.tiling.slots * 2
    assert len(plan.packed.weights) < 7 * 9 * 2 // 2


def test_parts_of_a_kernel_follow_each_other(planned):
    shape = geometry((7, 7), (2, 3), (5, 5), (1, 1), Padding())
    weights = np.ones((3, 5, 5, 2), np.int8)
    config = EngineConfig(lanes=3)
    assert planned(shape, weights, config).addresses == [[1000, 1000 + 15 * 2]]
    both = planned(shape, weights, replace(config, sparsity="both"))
    assert both.addresses == [[300, 302]]
    header = decode(Header, [both.packed.headers[2, 1]])
    assert (header.mask, header.weights) == (0x3FF, 1000 + 15 * 2)


def test_lanes_of_their_own_have_even_work(planned):
    """A channel of much work has few beside it; a route tells where each is, and none is shared."""
    shape = geometry((1, 1), (16, 12), (1, 1), (1, 1), Padding())
    weights = np.zeros((12, 1, 1, 16), np.int8)
    for channel, work in enumerate((16, 1, 1, 1, 16, 1, 1, 1, 16, 1, 1, 1)):
        weights[channel, 0, 0, :work] = 1
    for sparsity, loads in (("both", [18, 18, 18, 3]), ("activation", [48, 3, 3, 3])):
        plan = planned(shape, weights, EngineConfig(lanes=4, sparsity=sparsity))
        routes = [decode(Route, words[-1:]) for words in plan.parameters]
        assert len({(route.lane, route.slot) for route in routes}) == 12
        assert max(route.slot for route in routes) == 2
        work = [0] * 4
        for route, kernel in zip(routes, weights, strict=True):
            work[route.lane] += np.count_nonzero(kernel)
        assert sorted(work, reverse=True) == loads
        assert [decode(Parameter, words).bias for words in plan.parameters] == [*range(12)]


def test_a_channelwise_layer_is_dealt_in_turn_whatever_its_weights(planned):
    shape = geometry((4, 4), (7, 7), (2, 2), (1, 1), Padding(), channelwise=True)
    weights = np.zeros((7, 2, 2), np.int8)
    weights[6] = 1
    plan = planned(shape, weights, EngineConfig(lanes=3, sparsity="both"))
    routes = [decode(Route, words[-1:]) for words in plan.parameters]
    assert [(route.lane, route.slot) for route in routes] == [
        *((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2)),
    ]
    assert [header & 0xFFFF for header in plan.packed.headers[:, 0].tolist()] == [0, 0, 0xF]


def found(plan, config, group, channel, shape):
    """Weights that a group has of an output channel, where its route says; channelwise if 2 axes.

    Of kernels that are not done in parts.
    """
    route = decode(Route, plan.parameters[channel][-1:])
    assert route.lane < config.lanes // config.groups
    lane = group * config.lanes // config.groups + route.lane
    blocks = plan.blocks
    block, slot = (0, 0) if len(shape) == 2 else divmod(route.slot, blocks.slots)
    taps = int(np.prod(shape[:2]))
    kernel = np.zeros((taps, 1 if len(shape) == 2 else shape[2]), np.int8)
    [address] = plan.addresses[channel // plan.band_channels]
    for index in range(kernel.shape[1]):
        row = address + plan.block_weights * (
            route.slot if len(shape) == 2 else index * blocks.count + block
        )
        for tap in range(taps):
            position = slot * taps + tap
            if config.sparsity != "both":
                kernel[tap, index] = plan.packed.weights[row - 1000 + position, lane]
                continue
            header = decode(Header, [plan.packed.headers[row - 300, lane]])
            if header.mask >> position & 1:
                before = bin(header.mask & (1 << position) - 1).count("1")
                kernel[tap, index] = plan.packed.weights[header.weights - 1000 + before, lane]
    return kernel.reshape(shape).tolist()


def shown(plan, group, config):
    """Weights other than 0 that a group has, in their order."""
    lanes = config.lanes // config.groups
    own = plan.packed.weights[:, group * lanes : (group + 1) * lanes]
    return sorted(own[own != 0].tolist())


GROUPED = [
    EngineConfig(lanes=8, groups=2, partial_sums=9),
    EngineConfig(lanes=8, groups=2, partial_sums=30, sparsity="both"),
    EngineConfig(lanes=48, groups=4, partial_sums=30, sparsity="both"),
    EngineConfig(lanes=32, groups=8, partial_sums=30, sparsity="none"),
]


@pytest.mark.parametrize("config", GROUPED, ids=lambda config: f"{config.groups} groups")
def test_a_group_that_shares_has_the_weights_of_its_own_channels_only(config, planned):
    """The last group has fewer of 53 channels, or none of a band."""
    weights = weights_of(53, 3, 0.6)
    shape = geometry((5, 5), (3, 53), (3, 3), (1, 1), Padding())
    plan = planned(shape, weights, config, saving=Saving(weights=True))
    assert plan.tiling.shared
    own = {group: [] for group in range(config.groups)}
    for first, count in bands_of(plan):
        size = group_channels(count, config.groups)
        for channel in range(first, first + count):
            group = (channel - first) // size
            own[group].append(channel)
            received = found(plan, config, group, channel, weights.shape[1:])
            assert received == weights[channel].tolist()
    assert len(own[config.groups - 1]) < len(own[0])
    for group, channels in own.items():
        expected = weights[channels]
        assert shown(plan, group, config) == sorted(expected[expected != 0].tolist())


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("config", GROUPED, ids=lambda config: f"{config.groups} groups")
def test_groups_that_do_not_share_have_all_weights_each(config, channelwise, planned):
    """Four output channels would leave lanes idle if they were shared out."""
    weights = weights_of(4, 3, 0.6)
    weights = weights[..., 0] if channelwise else weights
    shape = geometry((30, 30), (4 if channelwise else 3, 4), (3, 3), *WINDOW, channelwise)
    plan = planned(shape, weights, config)
    assert not plan.tiling.shared
    assert plan.packed.weights.shape[1] == config.lanes
    for group in range(config.groups):
        for channel in range(4):
            received = found(plan, config, group, channel, weights.shape[1:])
            assert received == weights[channel].tolist()
        assert shown(plan, group, config) == sorted(weights[weights != 0].tolist())


def test_lanes_of_a_group_have_even_work(planned):
    """Of 16 channels of a word each, the first 8 are the first group's, whatever their work."""
    shape = geometry((1, 1), (16, 16), (1, 1), (1, 1), Padding())
    weights = np.zeros((16, 1, 1, 16), np.int8)
    for channel, work in enumerate((16, 1, 1, 1, 15, 1, 1, 1, 8, 7, 6, 5, 4, 3, 2, 1)):
        weights[channel, 0, 0, :work] = 1
    config = EngineConfig(lanes=8, groups=2, sparsity="both")
    plan = planned(shape, weights, config, saving=Saving(weights=True))
    work = np.count_nonzero(plan.packed.weights, axis=0).tolist()
    assert work == [17, 16, 2, 2, 9, 9, 9, 9]


def test_tiles_name_the_parameters_of_their_channels(planned):
    plan = planned(BANDS, weights_of(21, 2), EngineConfig(lanes=3, partial_sums=4))
    assert plan.region_parameters == [70 + region.channel for region in plan.tiling.regions]


def test_arithmetic_of_a_convolution(planned):
    arithmetic = planned(BANDS, weights_of(21, 2), EngineConfig()).arithmetic
    assert (arithmetic.input_zero_point, arithmetic.output_zero_point) == (-5, 0)
    assert arithmetic.clamp == (-128, 127)
    flags = (arithmetic.unit_weights, arithmetic.maximum, arithmetic.uniform_parameters)
    assert flags == (False, False, False)


POOL = geometry((5, 5), (9, 9), (2, 2), (1, 1), Padding(1, 0, 0, 1), channelwise=True)


@pytest.mark.parametrize("sparsity", ["activation", "both"])
def test_a_largest_value_is_that_above_the_lowest(sparsity, graph_of_layer):
    """Sums begin at 0, so 128 is added to each value, and taken off again."""
    pool = MaxPool("pool", "MAX_POOL", ("x",), "y", (2, 2), (1, 1), POOL.padding, (-3, 9))
    plan = plan_layer(
        graph_of_layer(POOL, pool, 55), pool, EngineConfig(lanes=2, sparsity=sparsity), ROOM
    )
    arithmetic = plan.arithmetic
    assert (arithmetic.input_zero_point, arithmetic.output_zero_point) == (-128, -128)
    assert arithmetic.clamp == (-3, 9)
    assert arithmetic.unit_weights
    assert arithmetic.maximum
    assert arithmetic.uniform_parameters
    assert (len(plan.packed.weights), len(plan.packed.headers)) == (0, 0)
    assert (len(plan.parameters), plan.block_weights) == (1, 0)
    assert plan.region_parameters == [70] * len(plan.tiling.regions)


def test_a_mean_has_a_parameter_for_each_count(graph_of_layer):
    """Of 4, 2 or 1 values: with the padding above, to the right, or both."""
    pool = AveragePool("pool", "MEAN", ("x",), "y", (2, 2), (1, 1), POOL.padding, (-128, 127))
    graph = graph_of_layer(POOL, pool, 55)
    plan = plan_layer(graph, pool, EngineConfig(lanes=2), ROOM)
    assert (plan.arithmetic.input_zero_point, plan.arithmetic.output_zero_point) == (55, 0)
    assert not plan.arithmetic.maximum
    biases = [decode(Parameter, words).bias for words in plan.parameters]
    assert biases == [55, 110, 220]
    for region, entry in zip(plan.tiling.regions, plan.region_parameters, strict=True):
        count = (1 if region.row == 0 else 2) * (1 if region.column == 4 else 2)
        assert biases[entry - 70] == 55 * count

    scale = Requantization(np.array([2**30], np.int32), np.array([-3], np.int32))
    scaled = replace(pool, requantization=scale)
    graph = graph_of_layer(POOL, scaled, 55)
    tensors = {**graph.tensors, "y": replace(graph.tensors["y"], zero_point=8)}
    plan = plan_layer(replace(graph, tensors=tensors), scaled, EngineConfig(lanes=2), ROOM)
    assert plan.arithmetic.output_zero_point == 8
    [parameter] = [decode(Parameter, words) for words in plan.parameters]
    assert (parameter.bias, parameter.multiplier, parameter.right_shift) == (0, 2**30, 3)


def test_what_was_not_legalised_is_an_error(graph_of_layer):
    softmax = Softmax("s", "SOFTMAX", ("x",), "y", beta=1.0)
    graph = graph_of_layer(POOL, softmax)
    with pytest.raises(TypeError, match="softmax"):
        plan_layer(graph, softmax, EngineConfig(), ROOM)
