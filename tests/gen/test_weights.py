"""Weights, biases and scales as the lanes and the requantiser find them."""

import numpy as np
import pytest

from zeroleap.gen.ir import Requantization
from zeroleap.gen.weights import mean_parameter, pack_parameter, pack_weights, unit_parameter
from zeroleap.hw.isa import Parameter, decode
from zeroleap.sim.reference.requantize import (
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)


@pytest.mark.parametrize(("out_channels", "lanes"), [(1, 1), (5, 2), (8, 8), (3, 8), (9, 4)])
def test_a_lane_finds_the_weights_of_its_channels(out_channels, lanes):
    random = np.random.default_rng(0)
    weights = random.integers(-128, 128, (out_channels, 2, 3, 5)).astype(np.int8)
    rows = pack_weights(weights, lanes)
    slots = -(-out_channels // lanes)
    assert rows.shape == (slots * 2 * 3 * 5, lanes)
    assert rows.dtype == np.int8
    for slot, lane, r, s, c in np.ndindex(slots, lanes, 2, 3, 5):
        channel = slot * lanes + lane
        expected = weights[channel, r, s, c] if channel < out_channels else 0
        assert rows[((slot * 2 + r) * 3 + s) * 5 + c, lane] == expected


def scale(words, sums):
    """Do what the requantiser does, with the reference's roundings, before offset and clamp."""
    parameter = decode(Parameter, words)
    sums = np.asarray(sums, np.int64) + parameter.bias
    shifted = sums << parameter.left_shift
    assert shifted.min() >= -(2**31), "the headroom is too large"
    assert shifted.max() < 2**31, "the headroom is too large"
    high = saturating_rounding_doubling_high_mul(shifted, parameter.multiplier)
    return rounding_divide_by_pot(high, parameter.right_shift)


def mean(sums, count):
    """``AVERAGE_POOL_2D``: towards zero, after half the count has been added away from zero."""
    return np.sign(sums) * ((np.abs(sums) + count // 2) // count)


@pytest.mark.parametrize("zero_point", [0, -128, 127])
def test_means_of_few_values_are_exact_for_every_sum(zero_point):
    for count in range(1, 65):
        sums = np.arange(-128 * count, 127 * count + 1)
        received = scale(mean_parameter(count, zero_point), sums - zero_point * count)
        np.testing.assert_array_equal(received, mean(sums, count), f"{count} values")


@pytest.mark.parametrize("seed", range(4))
def test_means_of_many_values_are_exact(seed):
    """Random sums, and all sums next to where the mean steps."""
    random = np.random.default_rng(seed)
    counts = [*random.integers(65, 512 * 512, 60).tolist(), *(2 ** random.integers(6, 19, 5))]
    for count in map(int, counts):
        steps = np.arange(-128, 127) * count + count // 2
        near = (steps[:, None] + np.arange(-2, 3)).ravel()
        sums = np.concatenate([near, random.integers(-128 * count, 127 * count + 1, 500)])
        sums = sums[(sums >= -128 * count) & (sums <= 127 * count)]
        zero_point = int(random.integers(-128, 128))
        received = scale(mean_parameter(count, zero_point), sums - zero_point * count)
        np.testing.assert_array_equal(received, mean(sums, count), f"{count} values")


def test_a_unit_scale_keeps_the_sum():
    sums = np.arange(-300, 300)
    np.testing.assert_array_equal(scale(unit_parameter(), sums), sums)


def test_a_shift_goes_to_the_side_of_its_sign():
    for shift, left, right in ((0, 0, 0), (30, 30, 0), (-31, 0, 31)):
        parameter = decode(Parameter, pack_parameter(-7, 2**30, shift))
        assert (parameter.left_shift, parameter.right_shift) == (left, right)
        assert (parameter.bias, parameter.multiplier) == (-7, 2**30)
    scales = Requantization(np.array([2**31 - 1], np.int32), np.array([-3], np.int32))
    parameter = decode(Parameter, unit_parameter(scales))
    assert (parameter.bias, parameter.multiplier, parameter.right_shift) == (0, 2**31 - 1, 3)
