"""Depthwise convolution by hand and against the oracle."""

import numpy as np
import pytest
from tflite_models import random_layer

from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Padding
from zeroleap.sim.reference.depthwise import accumulate_channels as accumulate

SEEDS = range(24)


def accumulate_by_hand(values, weights, bias, zero_point, stride, padding):
    """Follow the definition, an output at a time, in int64."""
    rows, columns = (padding.top, padding.bottom), (padding.left, padding.right)
    centred = np.pad(values.astype(np.int64) - zero_point, ((0, 0), rows, columns, (0, 0)))
    c, r, s = weights.shape
    height, width = (
        (centred.shape[1] - r) // stride[0] + 1,
        (centred.shape[2] - s) // stride[1] + 1,
    )
    sums = np.empty((len(values), height, width, c), np.int64)
    for n, y, x, channel in np.ndindex(sums.shape):
        under = centred[n, y * stride[0] :, x * stride[1] :, channel][:r, :s]
        sums[n, y, x, channel] = (under * weights[channel].astype(np.int64)).sum() + bias[channel]
    return ((sums + 2**31) % 2**32 - 2**31).astype(np.int32)


def test_adds_up_each_channel_by_hand():
    values = np.array([[[1, 10], [2, 20]], [[3, 30], [4, 40]]], np.int8)[None]
    weights = np.array([[[1, 10], [100, -1]], [[0, 1], [0, 0]]], np.int8)
    bias = np.array([7, -3], np.int32)
    sums = accumulate(values, weights, bias, 1, padding=Padding(1, 0, 0, 1))
    # Centred 0 1 / 2 3 and 9 19 / 29 39, a row of zeros above, a column of zeros to the right.
    assert sums[0, :, :, 0].tolist() == [[7 + 0 - 1, 7 + 100], [7 + 10 + 200 - 3, 7 + 1 + 300]]
    assert sums[0, :, :, 1].tolist() == [[-3, -3], [-3 + 19, -3]]


@pytest.mark.parametrize("seed", SEEDS)
def test_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    n, h, w, c = rng.integers(1, [3, 10, 10, 6])
    r, s = rng.integers(1, 5, 2)
    border = Padding(*map(int, rng.integers(2, 4, 4)))
    values = rng.integers(-128, 128, (n, h, w, c), np.int8)
    weights = rng.integers(-128, 128, (c, r, s), np.int8)
    bias = rng.integers(-(2**31), 2**31, c).astype(np.int32)
    arguments = (bias, int(rng.integers(-128, 128)), tuple(rng.integers(1, 4, 2)), border)
    sums = accumulate(values, weights, *arguments)
    assert sums.dtype == np.int32
    np.testing.assert_array_equal(sums, accumulate_by_hand(values, weights, *arguments))


def test_sums_wrap_at_32_bits():
    values, weights = np.full((1, 1, 2, 2), 127, np.int8), np.ones((2, 1, 2), np.int8)
    bias = np.array([2**31 - 1, -(2**31)], np.int32)
    assert accumulate(values, weights, bias, 0).ravel().tolist() == [253 - 2**31, 254 - 2**31]
    assert accumulate(-values, weights, bias, 0).ravel().tolist() == [2**31 - 255, 2**31 - 254]


def test_window_must_fit():
    with pytest.raises(ValueError, match="window must fit in 2x2, not 3x1"):
        accumulate(
            np.zeros((1, 2, 2, 1), np.int8),
            np.zeros((1, 3, 1), np.int8),
            np.zeros(1, np.int32),
            0,
        )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_is_the_oracles(read, equal_to_oracle, padding, per_channel, seed):
    rng = np.random.default_rng(seed)
    h, w, c = map(int, rng.integers([7, 7, 2], [14, 14, 20]))
    layer = random_layer(
        rng,
        (c, *map(int, rng.integers(1, 8, 2))),
        (1, h, w, c),
        per_channel=per_channel,
        padding=padding,
        stride=tuple(map(int, rng.integers(1, 4, 2))),
    )
    expected = equal_to_oracle(layer.depthwise(), rng.integers(-128, 128, layer.shape, np.int8))
    assert len(np.unique(expected)) > 1
    assert [type(operator) for operator in read(layer.depthwise())] == [DepthwiseConvolution]


@pytest.mark.parametrize("multiplier", [1, 2, 8])
@pytest.mark.parametrize("seed", SEEDS[:8])
def test_dilation_and_multiplier_are_the_oracles(equal_to_oracle, multiplier, seed):
    rng = np.random.default_rng(seed)
    depth, *dilation = map(int, rng.integers([2, 1, 1], [6, 4, 4]))
    layer = random_layer(
        rng,
        (multiplier * depth, *map(int, rng.integers(1, 4, 2))),
        (1, *map(int, rng.integers(7, 12, 2)), depth),
        padding=str(rng.choice(["SAME", "VALID"])),
        stride=tuple(map(int, rng.integers(1, 4, 2))),
        dilation=tuple(dilation),
    )
    equal_to_oracle(layer.depthwise(), rng.integers(-128, 128, layer.shape, np.int8))


@pytest.mark.parametrize("multiplier", [1, 2, 8, 11])
@pytest.mark.parametrize("seed", SEEDS[:6])
def test_one_input_channel_is_the_oracles_whatever_the_multiplier(
    read, equal_to_oracle, multiplier, seed
):
    rng = np.random.default_rng(seed)
    layer = random_layer(
        rng,
        (multiplier, *map(int, rng.integers(1, 9, 2))),
        (1, *map(int, rng.integers(8, 14, 2)), 1),
        padding=str(rng.choice(["SAME", "VALID"])),
        stride=tuple(map(int, rng.integers(1, 4, 2))),
    )
    equal_to_oracle(layer.depthwise(), rng.integers(-128, 128, layer.shape, np.int8))
    assert [type(operator) for operator in read(layer.depthwise())] == [Convolution]


@pytest.mark.parametrize("bias", [2**30, -(2**30), 2**31 - 1, -(2**31)])
def test_extreme_bias_is_the_oracles(equal_to_oracle, bias):
    rng = np.random.default_rng(0)
    layer = random_layer(
        rng,
        (8, 3, 3),
        (1, 6, 6, 8),
        bias=np.full(8, bias, np.int32),
        scales=rng.uniform(1, 2, 8).astype(np.float32),
        input_scale=1.0,
        output_scale=2.0**24,
        output_zero_point=-3,
        activation="NONE",
    )
    values = rng.integers(-128, 128, layer.shape, np.int8)
    expected = equal_to_oracle(layer.depthwise(), values)
    wraps = bias in (2**31 - 1, -(2**31))
    assert (expected.min() < -60 and expected.max() > 60) == wraps  # both ends of 32 bits
