"""The benchmark's layers have the shapes and the zeros that they are said to have."""

import numpy as np
import pytest

from zeroleap.gen.cli.bench_layers import LAYERS, partly_zero
from zeroleap.gen.ir import DepthwiseConvolution, FullyConnected
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference.macs import macs
from zeroleap.sim.reference.network import run

EXPECTED = {  # lanes; macs: outputs x kernel x input channels
    "conv 3x3 32->32 16x16": (8, 16 * 16 * 32 * 9 * 32),
    "conv 3x3 64->64 8x8": (32, 8 * 8 * 64 * 9 * 64),
    "conv 3x3 16->16 32x32": (32, 32 * 32 * 16 * 9 * 16),
    "conv 1x1 64->64 8x8": (8, 8 * 8 * 64 * 64),
    "depthwise 3x3 64 24x24": (8, 24 * 24 * 64 * 9),
    "fully connected 256->64": (8, 64 * 256),
}
NAMES = [layer.name for layer in LAYERS]


def test_each_shape_is_there_and_convolutions_twice():
    plain = [f"{name} dense" for name in EXPECTED]
    pruned = [f"{name} sparse" for name in EXPECTED if name.startswith("conv")]
    assert sorted(NAMES) == sorted(plain + pruned)


@pytest.mark.parametrize("layer", LAYERS, ids=NAMES)
def test_shape_lanes_and_zeros_are_as_said(layer):
    graph, values = layer.make()
    [operator] = graph
    lanes, count = EXPECTED[layer.name.rpartition(" ")[0]]
    assert (layer.lanes, macs(graph, operator)) == (lanes, count)
    assert values.shape == graph.tensors["x"].shape
    assert values.dtype == operator.weights.dtype == np.int8
    assert np.mean(values == graph.tensors["x"].zero_point) == 0.5
    zeros = 0.7 if layer.name.endswith("sparse") else 0
    assert np.count_nonzero(operator.weights == 0) == round(zeros * operator.weights.size)
    if not isinstance(operator, FullyConnected):
        assert operator.stride == (1, 1)
        assert operator.weights.shape[1:3] == (layer.kernel, layer.kernel)
    assert isinstance(operator, DepthwiseConvolution) == layer.name.startswith("depthwise")


@pytest.mark.parametrize("layer", LAYERS, ids=NAMES)
def test_outputs_are_spread_and_few_are_clamped(layer):
    graph, values = layer.make()
    graph = legalise(graph)
    outputs = run(graph, {"x": values})["y"].astype(int)
    assert outputs.std() > 15
    assert np.mean((outputs == -128) | (outputs == 127)) < 0.1


def test_a_layer_is_the_same_each_time():
    (first, values), (again, same) = (LAYERS[0].make() for _ in range(2))
    np.testing.assert_array_equal(values, same)
    [one], [other] = first, again
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.bias, other.bias)


@pytest.mark.parametrize("zero", [-128, -1, 0, 127])
def test_all_values_but_the_zero_occur_at_random_places(zero):
    values = partly_zero(np.random.default_rng(1), (4, 5000), zero, 0.3)
    assert np.count_nonzero(values == zero) == 6000
    assert len(np.unique(values)) == 256
    rows = np.count_nonzero(values == zero, axis=1)
    assert all(1300 < count < 1700 for count in rows)
