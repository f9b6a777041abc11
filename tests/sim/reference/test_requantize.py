"""Both roundings, by hand, against the kernels' C text and against the oracle."""

import numpy as np
import pytest
from tflite_models import Layer

from zeroleap.gen.ir import Requantization
from zeroleap.sim.reference.requantize import (
    multiply_by_quantized_multiplier,
    requantize,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

MIN, MAX, HALF = -(2**31), 2**31 - 1, 2**30
CORNERS = [0, 1, -1, 2, -2, 3, -3, 5, -5, 127, -128, HALF - 1, HALF, -HALF, 1 - HALF, MAX, MIN]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (HALF, HALF, 2**29),
        (1, HALF, 1),  # 0.5
        (-1, HALF, 0),  # -0.5
        (3, HALF, 2),  # 1.5
        (-3, HALF, -1),  # -1.5
        (1, HALF - 1, 0),
        (-1, HALF + 1, -1),
        (MAX, MAX, MAX - 1),
        (MIN, MAX, -MAX),
        (MIN, MIN, MAX),  # saturates
    ],
)
def test_high_product_rounds_ties_up(a, b, expected):
    assert saturating_rounding_doubling_high_mul(a, b) == expected


@pytest.mark.parametrize(
    ("x", "exponent", "expected"),
    [
        (7, 0, 7),
        (1, 1, 1),  # 0.5
        (-1, 1, -1),  # -0.5
        (3, 1, 2),  # 1.5
        (-3, 1, -2),  # -1.5
        (5, 2, 1),  # 1.25
        (-5, 2, -1),  # -1.25
        (-6, 2, -2),  # -1.5
        (-7, 2, -2),  # -1.75
        (HALF, 31, 1),  # 0.5
        (HALF - 1, 31, 0),
        (-HALF, 31, -1),  # -0.5
        (1 - HALF, 31, 0),
        (MAX, 31, 1),
        (MIN, 31, -1),
    ],
)
def test_division_rounds_ties_away_from_zero(x, exponent, expected):
    assert rounding_divide_by_pot(x, exponent) == expected


@pytest.mark.parametrize(
    ("value", "multiplier", "shift", "expected"),
    [
        (7, HALF, 0, 4),  # 3.5
        (-7, HALF, 0, -3),  # -3.5
        (5, HALF, -1, 2),  # 1.25, by way of 2.5 and 3; rounded once it were 1
        (-5, HALF, -1, -1),  # -1.25, by way of -2.5 and -2
        (-7, HALF, -1, -2),  # -1.75, by way of -3.5 and -3: both roundings take the tie
        (100, HALF, 1, 100),
        (MAX, 0, -31, 0),
        (MIN, 0, 30, 0),
        (1, HALF, 30, 2**29),
        (2, HALF, 30, -HALF),  # 2**31 wraps to -2**31
        (3, HALF, 30, -(2**29)),  # 3 * 2**30 wraps to -2**30
        (4, MAX, 30, 0),
        (MAX, MAX, -31, 1),
        (MIN, MAX, -31, -1),
        (HALF, HALF, -31, 0),
    ],
)
def test_multiplier_rounds_twice_and_wraps_to_the_left(value, multiplier, shift, expected):
    assert multiply_by_quantized_multiplier(value, multiplier, shift) == expected


def truncate(numerator, denominator):
    return abs(numerator) // denominator * (1 if numerator >= 0 else -1)


def multiply_in_c(x, multiplier, shift):
    """Follow the kernels' text in Python's unbounded integers."""
    x = (x * (1 << max(shift, 0)) + 2**31) % 2**32 - 2**31
    product = x * multiplier
    nudge = 1 << 30 if product >= 0 else 1 - (1 << 30)
    high = MAX if x == multiplier == MIN else truncate(product + nudge, 1 << 31)
    mask = (1 << max(-shift, 0)) - 1
    return (high >> max(-shift, 0)) + ((high & mask) > (mask >> 1) + (high < 0))


@pytest.mark.parametrize("shift", range(-31, 31))
def test_multiplier_is_the_kernels(shift):
    rng = np.random.default_rng(shift + 31)
    drawn = rng.integers(MIN, MAX, 100, endpoint=True) >> rng.integers(0, 31, 100)
    values = [*CORNERS, *map(int, drawn)]
    for multiplier in (0, HALF, HALF + 1, MAX - 1, MAX, int(rng.integers(HALF, MAX))):
        received = multiply_by_quantized_multiplier(values, multiplier, shift)
        assert received.tolist() == [multiply_in_c(x, multiplier, shift) for x in values]


def test_each_channel_has_its_own_scale():
    scale = Requantization(np.array([HALF, HALF, 0], np.int32), np.array([1, -1, 0], np.int32))
    sums = np.array([[10, 10, 10], [-300, 300, 300]], np.int32)
    received = requantize(sums, scale, 5, (-128, 127))
    assert received.tolist() == [[15, 8, 5], [-128, 80, 5]]  # 10 / 4 by way of 5 and 3


def test_zero_point_wraps():
    scale = Requantization(np.array([MAX], np.int32), np.array([0], np.int32))
    assert requantize(np.array([MAX]), scale, 127, (-128, 127)).tolist() == [-128]
    assert requantize(np.array([MIN]), scale, -128, (-128, 127)).tolist() == [127]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, -1, 0), "multiplier must be in 0..2"),
        ((1, HALF, 31), "shift must be in -31..30"),
        ((1, HALF, -32), "shift must be in -31..30"),
        ((2**31, HALF, 0), "values must be in"),
    ],
)
def test_refuses_what_the_kernel_cannot_take(arguments, message):
    with pytest.raises(ValueError, match=message):
        multiply_by_quantized_multiplier(*arguments)


@pytest.mark.parametrize("zero_point", [-128, -1, 0, 77, 127])
def test_is_the_oracles(equal_to_oracle, zero_point):
    # Weights of 0 leave the bias alone: each channel is one requantisation.
    rng = np.random.default_rng(zero_point + 128)
    scales = np.float32(2.0) ** np.arange(-40, 30).repeat(40)
    scales *= np.float32(1) + rng.random(len(scales), np.float32)
    magnitude = np.minimum(2.0**31, 300 / scales.astype(float))
    drawn = (rng.uniform(-1, 1, len(scales)) * magnitude).astype(int)
    corners = rng.choice(CORNERS, len(scales))
    bias = np.where(rng.random(len(scales)) < 0.2, corners, drawn)
    weights = np.zeros((len(scales), 1, 1, 1), np.int8)
    layer = Layer(
        (1, 1, 1, 1),
        weights,
        np.clip(bias, MIN, MAX).astype(np.int32),
        scales,
        input_scale=1.0,
        output_scale=1.0,
        output_zero_point=zero_point,
    )
    expected = equal_to_oracle(layer.convolution(), np.zeros((1, 1, 1, 1), np.int8))
    assert len(np.unique(expected)) > 200


@pytest.mark.parametrize(("bias", "zero_point"), [(MAX, 127), (MIN, -128), (MAX, 0)])
def test_zero_point_wraps_in_the_oracle(equal_to_oracle, bias, zero_point):
    step = 181 * 2.0**-23  # (1 + step) * (1 - step) is 1 - 2**-31, all but
    layer = Layer(
        (1, 1, 1, 1),
        np.zeros((1, 1, 1, 1), np.int8),
        np.array([bias], np.int32),
        np.array([1 + step]),
        input_scale=1 - step,
        output_scale=1.0,
        output_zero_point=zero_point,
    )
    equal_to_oracle(layer.convolution(), np.zeros((1, 1, 1, 1), np.int8))
