"""Operators of two maps, by hand and against the oracle."""

from dataclasses import replace

import numpy as np
import pytest
from tflite_models import Value, activation, single

from zeroleap.gen.ir import Add, Maximum, Minimum, Multiply, Requantization, Subtract, Tensor
from zeroleap.sim.reference.elementwise import add_or_subtract, largest_or_smallest, multiply

CASES = [
    ((1, 3, 4, 5), (1, 3, 4, 5), None),
    ((1, 3, 4, 5), (1, 1, 1, 5), None),
    ((1, 1, 4, 1), (1, 3, 1, 5), None),
    ((1, 40), (1, 40), None),
    ((1, 3, 4, 5), (5,), 1),
    ((), (1, 3, 4, 5), 0),
    ((1, 3, 4, 1), (1, 1, 4, 5), 0),
]
"""Shapes of both inputs, and which of them is a constant."""


def factor(shift):
    return Requantization(np.array([2**30], np.int32), np.array([shift], np.int32))


TENSORS = Tensor("a", (1,), zero_point=1), Tensor("b", (1,), zero_point=-2)
TARGET = Tensor("y", (1,), zero_point=-4)
VALUES = np.array([3], np.int8), np.array([-7], np.int8)


@pytest.mark.parametrize(("kind", "expected"), [(Add, -6), (Subtract, 14)])
def test_sum_and_difference_by_hand(kind, expected):
    # (3 - 1) / 2 and (-7 + 2) / 4 are 1 and -1.25, times 2**20; times 8 / 2**20; less 4.
    layer = kind("sum", "SUM", ("a", "b"), "y", (-128, 127), factor(0), factor(-1), factor(-16))
    assert add_or_subtract(layer, *VALUES, *TENSORS, TARGET).tolist() == [expected]


def test_product_by_hand():
    # (3 - 1) * (-7 + 2) is -10; a quarter of it is -2.5, away from zero; less 4.
    layer = Multiply("product", "MUL", ("a", "b"), "y", (-128, 127), factor(-1))
    assert multiply(layer, *VALUES, *TENSORS, TARGET).tolist() == [-7]
    clamped = replace(layer, clamp=(-6, 127))
    assert multiply(clamped, *VALUES, *TENSORS, TARGET).tolist() == [-6]


def test_the_larger_and_the_smaller_are_clamped():
    first, second = np.array([5, -9], np.int8), np.array([[1], [-10]], np.int8)
    tensors = [Tensor("x", (2,))] * 3
    layer = Maximum("maximum", "MAXIMUM", ("a", "b"), "y", (-128, 4))
    assert largest_or_smallest(layer, first, second, *tensors).tolist() == [[4, 1], [4, -9]]
    layer = Minimum("minimum", "MINIMUM", ("a", "b"), "y", (-9, 127))
    assert largest_or_smallest(layer, first, second, *tensors).tolist() == [[1, -9], [-9, -9]]


@pytest.mark.parametrize("seed", range(14))
@pytest.mark.parametrize("code", ["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"])
def test_is_the_oracles(equal_to_oracle, code, seed):
    rng = np.random.default_rng(seed)
    *shapes, position = CASES[seed % len(CASES)]
    ends = [(rng.uniform(0.01, 0.2), int(rng.integers(-128, 128))) for _ in range(3)]
    kind = f"{code.title()}Options"
    fused = activation(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"][seed % 4])
    if code in ("MAXIMUM", "MINIMUM"):
        ends, kind, fused = ends[:1] * 3, "MaximumMinimumOptions", {}
    values = [rng.integers(-128, 128, shape).astype(np.int8) for shape in shapes]
    sources = [Value(shape, *end) for shape, end in zip(shapes, ends, strict=False)]
    if position is not None:
        sources[position].data = values.pop(position)
    target = Value(np.broadcast_shapes(*shapes), *ends[2])
    equal_to_oracle(single(code, sources, [target], kind, **fused), *values)
