"""Biases, scales and routes as the way back finds them."""

import numpy as np
import pytest

from zeroleap.gen.ir import Convolution, Padding, Requantization
from zeroleap.gen.parameters import (
    add_routes,
    convolution_parameters,
    mean_parameter,
    pack_parameter,
    unit_parameter,
)
from zeroleap.hw.isa import PARAMETER_WORDS, Parameter, Route, decode
from zeroleap.sim.reference.requantize import (
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)


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


def test_a_convolution_has_a_parameter_for_each_channel():
    scales = Requantization(
        np.array([0, 2**30, 2**31 - 1], np.int32), np.array([-31, 0, 30], np.int32)
    )
    biases = [-(2**31), 0, 2**31 - 1]
    operator = Convolution(
        *("name", "CONV_2D", ("x",), "y"),
        weights=np.zeros((3, 1, 1, 1), np.int8),
        bias=np.array(biases, np.int32),
        stride=(1, 1),
        padding=Padding(),
        requantization=scales,
        clamp=(-128, 127),
    )
    parameters = convolution_parameters(operator)
    assert [len(words) for words in parameters] == [PARAMETER_WORDS] * 3
    decoded = [decode(Parameter, words) for words in parameters]
    assert [parameter.bias for parameter in decoded] == biases
    assert [parameter.multiplier for parameter in decoded] == [0, 2**30, 2**31 - 1]
    assert [parameter.left_shift for parameter in decoded] == [0, 0, 30]
    assert [parameter.right_shift for parameter in decoded] == [31, 0, 0]


def test_a_route_is_in_the_last_word_and_changes_no_other():
    parameters = [pack_parameter(-1, 2**31 - 1, -31), pack_parameter(2**31 - 1, 1, 30)]
    routed = add_routes(parameters, np.array([[63, 2047], [2, 0]]))
    assert [words[:-1] for words in routed] == [words[:-1] for words in parameters]
    routes = [decode(Route, words[-1:]) for words in routed]
    assert [(route.lane, route.slot) for route in routes] == [(63, 2047), (2, 0)]
    assert [words[-1] for words in parameters] == [0, 0]  # unchanged


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_routes_as_parameters(count):
    with pytest.raises(ValueError, match="argument"):
        add_routes([unit_parameter()] * 2, np.zeros((count, 2), np.int64))
