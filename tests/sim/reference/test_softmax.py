"""Softmax by hand, near the real function, and against the oracle."""

import numpy as np
import pytest
from tflite_models import softmax as softmax_model

from zeroleap.gen.ir import Softmax, Tensor
from zeroleap.sim.reference.softmax import (
    EXP_OF_POWERS,
    exp_of_negative,
    exponentials,
    one_over_one_plus,
    softmax,
)

SCALES = [1e-4, 0.012, 0.09, 0.1447, 0.25, 0.5, 1.0, 3.7, 31.0, 32.0, 40.0, 1e6]


def shares(values, scale=0.1, beta=1.0):
    array = np.array(values, np.int8)
    source = Tensor("x", array.shape, "int8", scale, 5)
    target = Tensor("y", array.shape, "int8", 1 / 256, -128)
    return softmax(Softmax("s", "SOFTMAX", ("x",), "y", beta), array, source, target).tolist()


def test_equal_values_share_equally():
    assert shares([[3]]) == [[127]]  # 1 is 128 steps above 0, one too many
    assert shares([[3, 3]]) == [[0, 0]]
    assert shares([[-128] * 4]) == [[-64] * 4]
    assert shares([[127] * 3]) == [[-43] * 3]  # 85.33


def test_shares_worked_by_hand():
    # exp(0), exp(-1), exp(-2) over their sum: 0.6652, 0.2447, 0.0900 of 256: 170.3, 62.6, 23.05
    assert shares([[20, 10, 0]]) == [[42, -65, -105]]
    assert shares([[0, 5, 10]], beta=2.0) == [[-105, -65, 42]]
    assert shares([[127, -128]], scale=1.0) == [[127, -128]]


def test_each_row_is_on_its_own():
    assert shares([[[0, 0]], [[20, 10]]]) == [[shares([[0, 0]])[0]], [shares([[20, 10]])[0]]]


def test_a_sum_of_512_and_more_leaves_nothing():
    assert set(shares([0] * 511)) == {-127}
    assert set(shares([0] * 512)) == {-128}
    assert set(shares([0] * 9000)) == {-128}


def test_exponential_and_reciprocal_are_those_of_real_numbers():
    assert exp_of_negative(0) == 2**31 - 1
    x = -np.random.default_rng(0).integers(0, 2**31, 10_000)
    np.testing.assert_allclose(exp_of_negative(x) / 2**31, np.exp(x / 2**26), atol=1e-6)
    a = np.linspace(0, 2**31 - 1, 10_000).astype(np.int64)
    np.testing.assert_allclose(one_over_one_plus(a) / 2**31, 1 / (1 + a / 2**31), atol=1e-6)


@pytest.mark.parametrize("scale", SCALES[:8])
def test_table_of_exponentials_ends_where_a_difference_is_out_of_range(scale):
    table = exponentials(1.0, scale)
    real = np.exp(-scale * np.arange(256))
    assert table[0] == 2**31 - 1
    np.testing.assert_allclose(table / 2**31, real, atol=1e-6)
    assert not table[real < np.exp(-31)].any()


def test_a_scale_that_rounds_up_to_a_power_of_two_is_that_power():
    np.testing.assert_array_equal(exponentials(1 - 2.0**-40, 1.0), exponentials(1.0, 1.0))


def truncate(numerator, denominator):
    return abs(numerator) // denominator * (1 if numerator >= 0 else -1)


def high_mul_in_c(a, b):
    return truncate(a * b + (2**30 if a * b >= 0 else 1 - 2**30), 2**31)


def divide_in_c(x, exponent):
    mask = (1 << exponent) - 1
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))


def exp_in_c(a):
    """Follow gemmlowp's text for a Q5.26 in Python's unbounded integers."""
    if a == 0:
        return 2**31 - 1
    last = (a & (2**24 - 1)) - 2**24
    x = last * 32 + (1 << 28)
    x2 = high_mul_in_c(x, x)
    x3, x4 = high_mul_in_c(x2, x), high_mul_in_c(x2, x2)
    third = high_mul_in_c(divide_in_c(x4, 2) + x3, round(2**31 / 3)) + x2
    constant = round(np.exp(-1 / 8) * 2**31)
    result = constant + high_mul_in_c(constant, x + divide_in_c(third, 1))
    for exponent in range(-2, 5):
        if (last - a) & (1 << (26 + exponent)):
            result = high_mul_in_c(result, round(np.exp(-(2.0**exponent)) * 2**31))
    return result


def reciprocal_in_c(a):
    half = truncate(a + 2**31 - 1 + 1, 2)
    x = round(48 / 17 * 2**29) + high_mul_in_c(half, round(-32 / 17 * 2**29))
    for _ in range(3):
        x += high_mul_in_c(x, (1 << 29) - high_mul_in_c(half, x)) << 2
    return min(x << 1, 2**31 - 1)


def test_steps_are_the_kernels():
    assert [round(np.exp(-(2.0**k)) * 2**31) for k in range(-2, 5)] == list(EXP_OF_POWERS)
    rng = np.random.default_rng(0)
    x = [0, -1, 1 - 2**24, -(2**24), 1 - 2**31, *map(int, -rng.integers(1, 2**31, 2000))]
    x += [a >> 5 for a in x]
    assert exp_of_negative(x).tolist() == [exp_in_c(a) for a in x]
    a = [0, 1, 2, 2**31 - 2, 2**31 - 1, *map(int, rng.integers(0, 2**31, 2000))]
    assert one_over_one_plus(a).tolist() == [reciprocal_in_c(v) for v in a]


@pytest.mark.parametrize("beta", [1.0, 0.3, 7.0])
@pytest.mark.parametrize("scale", SCALES)
def test_is_the_oracles(equal_to_oracle, scale, beta):
    scale = float(np.float32(scale))
    rng = np.random.default_rng(int(scale * 1e6))
    for size in (1, 2, 3, 12, 100):
        rows = rng.integers(-128, 128, (1, 150, size), np.int8)
        near = rng.integers(0, 5, (1, 150, 1))  # rows of nearly equal values too
        values = (rows >> near).astype(np.int8)
        equal_to_oracle(softmax_model(values.shape, scale, 7, beta), values)


def test_every_difference_is_the_oracles(equal_to_oracle):
    values = np.stack([np.full(256, 127), np.arange(-128, 128)], axis=-1).astype(np.int8)[None]
    for scale in (0.001, 0.03, 0.05, 0.1):
        model = softmax_model(values.shape, float(np.float32(scale)))
        expected = equal_to_oracle(model, values)
        assert len(np.unique(expected)) > 30


def test_many_classes_and_dimensions_are_the_oracles(equal_to_oracle):
    rng = np.random.default_rng(0)
    for shape in ((1, 1001), (1, 2, 3, 4, 5), (1,)):
        values = rng.integers(-128, 128, shape, np.int8)
        equal_to_oracle(softmax_model(shape, 0.0625), values)
