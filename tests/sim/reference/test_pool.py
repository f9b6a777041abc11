"""Pools by hand and against the oracle."""

import numpy as np
import pytest
from tflite_models import pool

from zeroleap.gen.ir import AveragePool, MaxPool, Padding, Requantization, Tensor
from zeroleap.sim.reference.pool import average_pool, max_pool

NO_PADDING = Padding()
MAPS = Tensor("x", (1, 2, 2, 1))
VALUES = np.array([[-4, -3], [-3, -2]], np.int8).reshape(MAPS.shape)


def operator(kind, window, stride=(1, 1), padding=NO_PADDING, clamp=(-128, 127), **more):
    return kind("pool", "POOL", ("x",), "y", window, stride, padding, clamp, **more)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], 2),  # 1.5
        ([-1, -2], -2),  # -1.5
        ([0, -1], -1),  # -0.5
        ([0, 1], 1),
        ([1, -1], 0),
        ([1, 0, 0], 0),
        ([-1, -1, 0], -1),  # -0.67
        ([127] * 9, 127),
        ([-128] * 9, -128),
        ([-128, 127, 127, -128, 1], 0),  # -0.2
    ],
)
def test_average_rounds_ties_away_from_zero(values, expected):
    source = Tensor("x", (1, 1, len(values), 1), zero_point=50)
    array = np.array(values, np.int8).reshape(source.shape)
    averaged = average_pool(operator(AveragePool, (1, len(values))), array, source, MAPS)
    assert averaged.ravel().tolist() == [expected]


def test_padding_takes_no_part():
    padding = Padding(1, 0, 1, 0)
    largest = max_pool(operator(MaxPool, (2, 2), padding=padding), VALUES, MAPS, MAPS)
    assert largest.ravel().tolist() == [-4, -3, -3, -2]
    mean = average_pool(operator(AveragePool, (2, 2), padding=padding), VALUES, MAPS, MAPS)
    assert mean.ravel().tolist() == [-4, -4, -4, -3]  # -4, -3.5, -3.5, -3


def test_average_may_change_the_scale():
    # Sum of (x - 10) is -52; a quarter of it in half the scale is -26, less 1.
    scale = Requantization(np.array([2**30], np.int32), np.array([0], np.int32))
    source, target = (
        Tensor("x", (1, 2, 2, 1), zero_point=10),
        Tensor("y", (1, 1, 1, 1), zero_point=-1),
    )
    layer = operator(AveragePool, (2, 2), requantization=scale)
    assert average_pool(layer, VALUES, source, target).tolist() == [[[[-27]]]]
    clamped = operator(AveragePool, (2, 2), clamp=(-20, 127), requantization=scale)
    assert average_pool(clamped, VALUES, source, target).tolist() == [[[[-20]]]]


def test_refuses_padding_where_the_scale_changes():
    scale = Requantization(np.array([2**30], np.int32), np.array([0], np.int32))
    layer = operator(AveragePool, (2, 2), padding=Padding(top=1), requantization=scale)
    with pytest.raises(ValueError, match="padding must be 0"):
        average_pool(layer, VALUES, MAPS, MAPS)


def test_refuses_a_window_of_padding():
    layer = operator(AveragePool, (1, 1), padding=Padding(top=1))
    with pytest.raises(ValueError, match="every window must meet the map"):
        average_pool(layer, VALUES, MAPS, MAPS)


@pytest.mark.parametrize("code", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("seed", range(16))
def test_is_the_oracles(equal_to_oracle, code, padding, seed):
    rng = np.random.default_rng(seed)
    h, w, c = map(int, rng.integers([4, 4, 1], [12, 12, 9]))
    values = rng.integers(-128, 128, (1, h, w, c), np.int8)
    if seed % 2:  # small averages of either sign
        values //= 32
    model = pool(
        code,
        values.shape,
        tuple(map(int, rng.integers(1, 5, 2))),
        tuple(map(int, rng.integers(1, 4, 2))),
        padding,
        activation=str(rng.choice(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])),
        scale=float(np.float32(rng.uniform(0.02, 0.2))),
        zero_point=int(rng.integers(-128, 128)),
    )
    equal_to_oracle(model, values)
