"""Convolution by hand and against the oracle."""

import numpy as np
import pytest
from tflite_models import Layer, random_layer

from zeroleap.gen.ir import Padding
from zeroleap.sim.reference.convolution import accumulate, exact_float

SEEDS = range(24)


def accumulate_by_hand(values, weights, bias, zero_point, stride, padding):
    """Follow the definition, an output at a time, in int64."""
    rows, columns = (padding.top, padding.bottom), (padding.left, padding.right)
    centred = np.pad(values.astype(np.int64) - zero_point, ((0, 0), rows, columns, (0, 0)))
    k, r, s, _ = weights.shape
    height, width = (
        (centred.shape[1] - r) // stride[0] + 1,
        (centred.shape[2] - s) // stride[1] + 1,
    )
    sums = np.empty((len(values), height, width, k), np.int64)
    for n, y, x, channel in np.ndindex(sums.shape):
        under = centred[n, y * stride[0] :, x * stride[1] :][:r, :s]
        sums[n, y, x, channel] = (under * weights[channel].astype(np.int64)).sum() + bias[channel]
    return ((sums + 2**31) % 2**32 - 2**31).astype(np.int32)


def test_adds_up_by_hand():
    values = np.array([[1, 2], [3, 4]], np.int8).reshape(1, 2, 2, 1)
    weights = np.array([[[1, 10], [100, -1]]], np.int8).reshape(1, 2, 2, 1)
    sums = accumulate(values, weights, np.array([7], np.int32), 1, padding=Padding(1, 0, 0, 1))
    # Centred 0 1 / 2 3, a row of zeros above, a column of zeros to the right.
    assert sums[0, :, :, 0].tolist() == [[7 + 0 - 1, 7 + 100], [7 + 10 + 200 - 3, 7 + 1 + 300]]


@pytest.mark.parametrize("seed", SEEDS)
def test_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    n, h, w, c, k = rng.integers(1, [3, 10, 10, 6, 6])
    r, s = rng.integers(1, 5, 2)
    border = Padding(*map(int, rng.integers(2, 4, 4)))
    values = rng.integers(-128, 128, (n, h, w, c), np.int8)
    weights = rng.integers(-128, 128, (k, r, s, c), np.int8)
    bias = rng.integers(-(2**31), 2**31, k).astype(np.int32)
    arguments = (bias, int(rng.integers(-128, 128)), tuple(rng.integers(1, 4, 2)), border)
    np.testing.assert_array_equal(
        accumulate(values, weights, *arguments),
        accumulate_by_hand(values, weights, *arguments),
    )


def test_sums_wrap_at_32_bits():
    values, weights = np.full((1, 1, 1, 1), 127, np.int8), np.ones((2, 1, 1, 1), np.int8)
    bias = np.array([2**31 - 1, -(2**31)], np.int32)
    assert accumulate(values, weights, bias, 0).ravel().tolist() == [126 - 2**31, 127 - 2**31]
    assert accumulate(-values, weights, bias, 0).ravel().tolist() == [2**31 - 128, 2**31 - 127]


@pytest.mark.parametrize("depth", [518, 519, 4000, 140_000])
def test_float_arithmetic_is_exact(depth):
    # 255 * 127 * 518 is just below 2**24; an odd last term is lost in a float that is too small.
    weights = np.full((1, 1, 1, depth), 127, np.int8)
    values = np.full((1, 1, 1, depth), 127, np.int8)
    weights[..., -1] = 1
    values[..., -1] = -127
    exact = 255 * 127 * (depth - 1) + 1
    wrapped = (exact + 2**31) % 2**32 - 2**31
    assert accumulate(values, weights, np.zeros(1, np.int32), -128).item() == wrapped
    assert (exact_float(weights) == np.float32) == (255 * (127 * (depth - 1) + 1) < 2**24)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_is_the_oracles(equal_to_oracle, padding, per_channel, seed):
    rng = np.random.default_rng(seed)
    h, w, c, k = rng.integers([4, 4, 1, 1], [12, 12, 20, 20])
    r, s = rng.integers(1, 5, 2)
    layer = random_layer(
        rng,
        (k, r, s, c),
        (1, h, w, c),
        per_channel=per_channel,
        padding=padding,
        stride=tuple(map(int, rng.integers(1, 4, 2))),
    )
    equal_to_oracle(layer.convolution(), rng.integers(-128, 128, layer.shape, np.int8))


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("seed", SEEDS)
def test_groups_and_dilation_are_the_oracles(equal_to_oracle, padding, seed):
    rng = np.random.default_rng(seed)
    r, s, groups, depth, channels, *steps = map(
        int, rng.integers([1] * 9, [5, 5, 5, 4, 4] + [4] * 4)
    )
    height, width = map(int, rng.integers(1, 6, 2))
    dilation = (steps[0], steps[1])
    layer = random_layer(
        rng,
        (groups * channels, r, s, depth),
        (1, height + (r - 1) * dilation[0], width + (s - 1) * dilation[1], groups * depth),
        padding=padding,
        stride=(steps[2], steps[3]),
        dilation=dilation,
    )
    equal_to_oracle(layer.convolution(), rng.integers(-128, 128, layer.shape, np.int8))


@pytest.mark.parametrize("kernel", [(10, 4), (1, 17), (20, 1), (11, 11)])
def test_large_kernels_are_the_oracles(equal_to_oracle, kernel):
    rng = np.random.default_rng(sum(kernel))
    layer = random_layer(rng, (5, *kernel, 3), (1, 21, 18, 3), stride=(2, 1))
    equal_to_oracle(layer.convolution(), rng.integers(-128, 128, layer.shape, np.int8))


@pytest.mark.parametrize("bias", [2**30, -(2**30), 2**31 - 1, -(2**31)])
def test_extreme_bias_is_the_oracles(equal_to_oracle, bias):
    rng = np.random.default_rng(0)
    layer = random_layer(
        rng,
        (8, 3, 3, 5),
        (1, 6, 6, 5),
        bias=np.full(8, bias, np.int32),
        scales=rng.uniform(1, 2, 8).astype(np.float32),
        input_scale=1.0,
        output_scale=2.0**24,
        output_zero_point=-3,
        activation="NONE",
    )
    values = rng.integers(-128, 128, layer.shape, np.int8)
    expected = equal_to_oracle(layer.convolution(), values)
    wraps = bias in (2**31 - 1, -(2**31))
    assert (expected.min() < -60 and expected.max() > 60) == wraps  # both ends of 32 bits


def test_window_must_fit():
    with pytest.raises(ValueError, match="window must fit in 2x2, not 3x1"):
        accumulate(
            np.zeros((1, 2, 2, 1), np.int8),
            np.zeros((1, 3, 1, 1), np.int8),
            np.zeros(1, np.int32),
            0,
        )


def test_layer_is_written_as_asked():
    layer = Layer((1, 5, 5, 1), np.zeros((2, 3, 3, 1), np.int8), np.zeros(2, np.int32), np.ones(2))
    assert layer.convolution()[4:8] == b"TFL3"
