"""Random layers: the RTL's values and counters are those of the reference, each of them."""

from dataclasses import replace

import numpy as np
import pytest
from random_layers import TABLES, random_network

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.geometry import geometry_of
from zeroleap.gen.ir import Convolution
from zeroleap.gen.plan import Room, plan_layer
from zeroleap.gen.steps import steps_of
from zeroleap.gen.tiling import tile_layer
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.cycles.program import decode_program
from zeroleap.sim.machine import ReferenceRunner
from zeroleap.sim.reference.macs import effectual_macs
from zeroleap.sim.rtl import RtlRunner


def engine(lanes, **fields):
    """Configure an engine with room for many layers side by side."""
    room = {
        "activation_bytes": 2**16,
        "weight_bytes": 2**16 >> min(lanes // 2, 2) << (fields.get("sparsity") != "both"),
        "headers": 2**13,
        "parameters": 2**11,
        "program_words": 2**15,
        "layers": 128,
        "tables": TABLES,
    }
    return EngineConfig(lanes=lanes, **room, **fields)


ENGINES = {
    "8 lanes": engine(8, queue_depth=8, partial_sums=5),
    "8 lanes in 4 sets": engine(8, sets=4, queue_depth=3, partial_sums=9),
    "3 lanes, dense": engine(3, queue_depth=2, partial_sums=8, sparsity="none"),
    "1 lane": engine(1, queue_depth=2, partial_sums=21),
    "5 lanes, both": engine(5, queue_depth=3, partial_sums=7, sparsity="both"),
    "2 groups of 4 lanes": engine(8, groups=2, queue_depth=4, partial_sums=12),
    "4 groups of 4 lanes in 2 sets, 2 words read": engine(
        16, groups=4, sets=2, queue_depth=5, partial_sums=10, read_words=2
    ),
    "4 groups of 4 lanes, both": engine(
        16, groups=4, queue_depth=16, partial_sums=40, sparsity="both"
    ),
}
SLOW_ENGINES = {
    "16 lanes, 2 words read": engine(16, queue_depth=3, partial_sums=24, read_words=2),
    "64 lanes": engine(64, queue_depth=64, partial_sums=7),
    "33 lanes": engine(33, queue_depth=2, partial_sums=1000),
    "6 lanes, dense": engine(6, queue_depth=5, partial_sums=32, sparsity="none"),
    "2 lanes": engine(2, queue_depth=4, partial_sums=64),
    "1 lane, both": engine(1, queue_depth=4, partial_sums=33, sparsity="both"),
    "8 groups of 4 lanes, both, 2 words read": engine(
        32, groups=8, queue_depth=3, partial_sums=24, sparsity="both", read_words=2
    ),
    "2 groups of 12 lanes, dense": engine(24, groups=2, partial_sums=16, sparsity="none"),
    "4 groups of 16 lanes in 16 sets": engine(
        64, groups=4, sets=16, queue_depth=8, partial_sums=32
    ),
    "6 lanes in 2 sets, dense": engine(6, sets=2, queue_depth=2, partial_sums=20, sparsity="none"),
    "8 lanes, both": engine(8, queue_depth=2, partial_sums=5, sparsity="both"),
    "64 lanes, both": engine(64, queue_depth=32, partial_sums=64, sparsity="both"),
}


FOLLOWERS = 0.4
"""Share of the layers that are followed by an operator of two maps, and by a table."""


def check(config, seed, layers, simulator="verilator"):
    """Assert that the simulator and the reference agree on every layer."""
    graph, inputs = random_network(seed, layers, FOLLOWERS)
    image = compile_graph(graph, config)
    steps = steps_of(graph)
    assert len(steps) == layers
    [expected] = ReferenceRunner(graph, image).run([inputs])
    [received] = RtlRunner(graph, image, simulator).run([inputs])
    for index, step in enumerate(steps):
        about = f"layer {index}: {step.operators}"
        values = received.outputs[step.output]
        np.testing.assert_array_equal(values, expected.outputs[step.output], about)
        assert received.counters[index] == expected.counters[index], about
    return steps, graph, inputs, received


def products(graph, step, values, config):
    """Products of a convolution on this engine; in step, those with a weight of 0 are among them.

    A lane in step that has no channel left multiplies too.
    """
    operator = step.operator
    if config.sparsity == "both":
        return effectual_macs(graph, operator, values)
    combines = step.combination is not None
    tiling = tile_layer(geometry_of(graph, operator), config, combines=combines)
    bands = len({region.channel for region in tiling.regions})
    channels = bands * tiling.slots * (config.lanes if tiling.shared else config.group_lanes)
    ones = replace(operator, weights=np.ones((channels, *operator.weights.shape[1:]), np.int8))
    if config.sparsity == "none":
        zero_point = graph.tensors[operator.input].zero_point
        values = np.full(values.shape, zero_point + 1 if zero_point < 127 else 0)
    return effectual_macs(graph, ones, values)


SEED = 20
"""Networks that go through all the corners below."""


@pytest.mark.parametrize("engine", ENGINES)
def test_random_layers_equal_the_reference(engine):
    config = ENGINES[engine]
    steps, graph, inputs, received = check(config, seed=SEED + len(engine), layers=100)
    for step, counters in zip(steps, received.counters, strict=True):
        assert counters.words_written == graph.tensors[step.output].size
        if isinstance(step.operator, Convolution):
            values = inputs[step.operator.input]
            assert counters.products == products(graph, step, values, config)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 102))
@pytest.mark.parametrize("engine", [*ENGINES, *SLOW_ENGINES])
def test_many_random_layers_equal_the_reference(engine, seed):
    check((ENGINES | SLOW_ENGINES)[engine], seed, layers=100)


@pytest.mark.icarus
@pytest.mark.parametrize(
    ("engine", "seed"), [("3 lanes, dense", 5), ("8 lanes", 6), ("5 lanes, both", 7)]
)
def test_random_layers_equal_the_reference_on_icarus(engine, seed):
    check(ENGINES[engine], seed, layers=25, simulator="icarus")


CORNERS = {
    *("conv", "depthwise", "max_pool", "average_pool"),
    *("channel passes", "channelwise passes"),
    *("rows and columns cut", "empty tile", "word not full"),
    *("kernel in parts", "several blocks", "last block not full"),
    *("stride beyond kernel", "strides differ", "padding differs", "nothing but zeros"),
    *("shared", "table"),
}
"""Of any layer."""

COMBINED_CORNERS = {
    *("add", "subtract", "multiply", "maximum", "minimum"),
    *("conv", "depthwise", "max_pool", "average_pool"),
    *("operand is an input", "operand is an output", "operand is a constant"),
    *("operand is first", "operand is read elsewhere too"),
    *("row again", "pixel again", "channel again", "value again"),
    *("channel passes", "rows and columns cut", "kernel in parts", "shared", "table"),
    *("channels of a shared tile again", "last frame not full"),
}
"""Of a layer whose values are combined."""


def corners(graph, step, layer, tiles, values, config):
    """Name what is special about a layer."""
    operator = step.operator
    plan = plan_layer(graph, operator, config, Room(), combines=step.combination is not None)
    geometry, last, blocks = plan.geometry, plan.tiling.regions[-1], plan.blocks
    strides, padding = geometry.stride, geometry.padding
    cases = {
        operator.kind: True,
        "channel passes": last.channel,
        "channelwise passes": last.channel and geometry.channelwise,
        "rows and columns cut": last.row and last.column,
        "empty tile": any(tile.y.kernel == 0 or tile.x.kernel == 0 for tile in tiles),
        "kernel in parts": any(tile.is_part for tile in tiles),
        "several blocks": layer.blocks,
        "last block not full": layer.last_positions < 1 << blocks.positions - 1,
        "word not full": geometry.in_channels % 4,
        "stride beyond kernel": strides[0] > geometry.kernel[0] or strides[1] > geometry.kernel[1],
        "strides differ": strides[0] != strides[1],
        "padding differs": padding.top != padding.bottom and padding.left != padding.right,
        "nothing but zeros": np.ptp(values) == 0,
        "shared": layer.shared,
        "table": step.table is not None,
    }
    return {case for case, is_met in cases.items() if is_met}


def combined_corners(graph, step, layer, config):
    """Name what is special about what a layer is combined with."""
    _, height, width, channels = graph.tensors[step.output].shape
    operand = graph.tensors[step.operand]
    again = [
        size == 1 < whole
        for size, whole in zip(operand.shape[1:], (height, width, channels), strict=True)
    ]
    cases = {
        step.combination.kind: True,
        "operand is an input": operand.name in graph.inputs,
        "operand is an output": operand.name in graph.outputs,
        "operand is a constant": operand.name in graph.constants,
        "operand is first": step.combination.inputs[0] == operand.name,
        "operand is read elsewhere too": len(graph.consumers(operand.name)) > 1,
        "row again": again == [True, False, False],
        "pixel again": again == [False, True, False],
        "channel again": again == [False, False, True],
        "value again": all(again),
        "channels of a shared tile again": layer.shared and again[2],
        "last frame not full": channels % config.frame,
    }
    return {case for case, is_met in cases.items() if is_met}


@pytest.mark.parametrize("kind", ["in step", "on their own"])
def test_the_random_layers_go_through_the_corners(kind):
    """The engines with lanes of a kind do so together."""
    met, combined = set(), set()
    for engine, config in ENGINES.items():
        if (config.sparsity == "both") != (kind == "on their own"):
            continue
        graph, inputs = random_network(SEED + len(engine), 100, FOLLOWERS)
        image = compile_graph(graph, config)
        for step, program in zip(steps_of(graph), decode_program(image), strict=True):
            layer, values = program.layer, inputs[step.operator.input]
            found = corners(graph, step, layer, program.tiles, values, config)
            met |= found
            if step.combination is not None:
                combined |= found | combined_corners(graph, step, layer, config)
    assert met == CORNERS
    assert combined >= COMBINED_CORNERS
