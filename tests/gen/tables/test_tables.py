"""Tables value for value against the oracle, for all inputs at many scales."""

import numpy as np
import pytest
from oracle import output_of
from tflite_models import Value, single

from zeroleap.gen import tables
from zeroleap.gen.ir import Tensor

SHAPE = (1, 256)
ALL = np.arange(-128, 128, dtype=np.int8).reshape(SHAPE)
SEEDS = range(24)


def ends(seed, low=-9, high=2, ratio=None):
    """Return source and target of random scales and zero points, as a file has them."""
    rng = np.random.default_rng(seed)
    first = 2.0 ** rng.uniform(low, high)
    second = 2.0 ** rng.uniform(-7, 1) if ratio is None else first * 2.0 ** rng.uniform(*ratio)
    return [
        Value(SHAPE, float(np.float32(scale)), int(rng.integers(-128, 128)))
        for scale in (first, second)
    ]


def tensor(value):
    return Tensor("x", value.shape, "int8", value.scale, value.zero_point)


def equal(table, code, source, target, kind=None, **options):
    expected = output_of(single(code, [source], [target], kind, **options), ALL)
    assert table.dtype == np.int8
    np.testing.assert_array_equal(table, expected[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_logistic(seed):
    source, _ = ends(seed)
    equal(tables.logistic(tensor(source)), "LOGISTIC", source, Value(SHAPE, 1 / 256, -128))


@pytest.mark.parametrize("seed", SEEDS)
def test_tanh(seed):
    source, _ = ends(seed)
    equal(tables.tanh(tensor(source)), "TANH", source, Value(SHAPE, 1 / 128, 0))


@pytest.mark.parametrize("scale", [2.0**-20, 2.0**-27, 8.0, 16.0, 1e6])
def test_saturating_functions_of_extreme_scales(scale):
    source = Value(SHAPE, scale, 5)
    equal(tables.logistic(tensor(source)), "LOGISTIC", source, Value(SHAPE, 1 / 256, -128))
    equal(tables.tanh(tensor(source)), "TANH", source, Value(SHAPE, 1 / 128, 0))


@pytest.mark.parametrize("alpha", [0.1, 0.0, 1.0, 1.7, -0.3])
@pytest.mark.parametrize("seed", SEEDS[:8])
def test_leaky_relu(seed, alpha):
    source, target = ends(seed)
    table = tables.leaky_relu(tensor(source), tensor(target), alpha)
    equal(table, "LEAKY_RELU", source, target, "LeakyReluOptions", Alpha=alpha)


@pytest.mark.parametrize("seed", SEEDS)
def test_relu(seed):
    source, target = ends(seed)
    equal(tables.relu(tensor(source), tensor(target), "RELU"), "RELU", source, target)


@pytest.mark.parametrize("seed", SEEDS)
def test_relu6(seed):
    source, target = ends(seed)
    equal(tables.clip(tensor(source), "RELU6"), "RELU6", source, target)


def test_relu_n1_to_1_by_hand():
    # Steps of 1/4 become steps of 1/8: twice as many, between -8 and 8 of them, plus 3.
    source, target = Tensor("x", SHAPE, scale=0.25), Tensor("y", SHAPE, scale=0.125, zero_point=3)
    table = tables.relu(source, target, "RELU_N1_TO_1")
    assert table[128 - 6 : 128 + 7].tolist() == [-5, -5, -5, -3, -1, 1, 3, 5, 7, 9, 11, 11, 11]


@pytest.mark.parametrize("seed", SEEDS)
def test_hard_swish(seed):
    source, target = ends(seed, -9, 1, ratio=(-5, 4))
    equal(tables.hard_swish(tensor(source), tensor(target)), "HARD_SWISH", source, target)


@pytest.mark.parametrize("seed", SEEDS)
def test_rescale(seed):
    source, target = ends(seed)
    table = tables.rescale(tensor(source), tensor(target))
    equal(table, "QUANTIZE", source, target, "QuantizeOptions")


def test_refuses_scales_that_the_kernels_do_not_take():
    tiny = Tensor("x", SHAPE, scale=2.0**-29)
    for function in (tables.logistic, tables.tanh):
        with pytest.raises(ValueError, match=r"scale must be 2\*\*-28 or more"):
            function(tiny)
    with pytest.raises(ValueError, match="ratio of the input's to the output's scale"):
        tables.hard_swish(Tensor("x", SHAPE, scale=1.0), Tensor("y", SHAPE, scale=2.0**-8))
