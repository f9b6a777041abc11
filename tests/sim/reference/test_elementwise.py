"""Operators of two maps, by hand and against the oracle."""

import numpy as np
import pytest
from tflite_models import Value, activation, single

from zeroleap.gen.ir import Add, Requantization, Tensor
from zeroleap.sim.reference.elementwise import add_or_subtract

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


def test_add_by_hand():
    # (3 - 1) * 2**20 / 2 + (-7 + 2) * 2**20 / 4 = -0.25 * 2**20; times 8 / 2**20 is -2; less 4.
    layer = Add("add", "ADD", ("a", "b"), "y", (-128, 127), factor(0), factor(-1), factor(-16))
    tensors = Tensor("a", (1,), zero_point=1), Tensor("b", (1,), zero_point=-2)
    target = Tensor("y", (1,), zero_point=-4)
    values = np.array([3], np.int8), np.array([-7], np.int8)
    assert add_or_subtract(layer, *values, *tensors, target).tolist() == [-6]


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
