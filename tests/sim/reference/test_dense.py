"""Dense layers by hand and against the oracle."""

import numpy as np
import pytest
from oracle import output_of
from tflite_models import Layer, random_layer

from zeroleap.gen.ir import FullyConnected, Requantization, Tensor
from zeroleap.sim.reference.dense import dense


def test_does_each_row_by_hand():
    layer = FullyConnected(
        name="dense",
        source="FULLY_CONNECTED",
        inputs=("x",),
        output="y",
        weights=np.array([[1, 2], [3, -4], [0, 0]], np.int8),
        bias=np.array([10, 0, 1000], np.int32),
        requantization=Requantization(np.full(3, 2**30, np.int32), np.array([1, 0, 1], np.int32)),
        clamp=(-10, 100),
    )
    source, target = Tensor("x", (2, 1, 2), zero_point=1), Tensor("y", (2, 3), zero_point=-1)
    received = dense(layer, np.array([[[2, 4]], [[1, -9]]], np.int8), source, target)
    # Rows 1 3 and 0 -10: sums 17 -9 1000 and -10 40 1000; halved in the second channel.
    assert received.tolist() == [[16, -5, 100], [-10, 19, 100]]
    assert received.dtype == np.int8


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("seed", range(16))
def test_is_the_oracles(equal_to_oracle, per_channel, seed):
    rng = np.random.default_rng(seed)
    channels, depth = rng.integers(1, [20, 400])
    layer = random_layer(rng, (channels, depth), (1, depth), per_channel=per_channel)
    equal_to_oracle(layer.dense(), rng.integers(-128, 128, layer.shape, np.int8))


@pytest.mark.parametrize("bias", [2**30, -(2**30), 2**31 - 1, -(2**31)])
def test_extreme_bias_is_the_oracles(equal_to_oracle, bias):
    rng = np.random.default_rng(1)
    layer = random_layer(
        rng,
        (30, 50),
        (1, 50),
        bias=np.full(30, bias, np.int32),
        scales=np.array([1.5]),
        input_scale=1.0,
        output_scale=2.0**24,
    )
    equal_to_oracle(layer.dense(), rng.integers(-128, 128, layer.shape, np.int8))


def test_flattens_a_map_as_the_oracle(read):
    rng = np.random.default_rng(2)
    layer = random_layer(rng, (7, 2 * 3 * 4), (1, 24))
    values = rng.integers(-128, 128, (1, 24), np.int8)
    graph = read(layer.dense())
    (operator,) = graph
    source, target = (
        Tensor("x", (1, 2, 3, 4), zero_point=layer.input_zero_point),
        graph.tensors[operator.output],
    )
    received = dense(operator, values.reshape(source.shape), source, target)
    np.testing.assert_array_equal(received, output_of(layer.dense(), values))


def test_one_scale_is_multiplied_in_double_as_in_the_oracle(equal_to_oracle):
    step = 181 * 2.0**-23  # (1 + step) * (1 - step) is below 1 in double, 1 in float32
    layer = Layer(
        (1, 1),
        np.zeros((1, 1), np.int8),
        np.array([2**31 - 1], np.int32),
        np.array([1 + step]),
        input_scale=1 - step,
        output_scale=1.0,
    )
    equal_to_oracle(layer.dense(), np.zeros((1, 1), np.int8))


@pytest.mark.parametrize("keeps_dimensions", [False, True])
@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
def test_shapes_and_no_bias_are_the_oracles(
    equal_to_oracle, keeps_dimensions, has_bias, per_channel
):
    rng = np.random.default_rng(0)
    layer = random_layer(
        rng,
        (7, 12),
        (1, 3, 2, 12),
        per_channel=per_channel,
        keeps_dimensions=keeps_dimensions,
        has_bias=has_bias,
    )
    equal_to_oracle(layer.dense(), rng.integers(-128, 128, layer.shape, np.int8))
