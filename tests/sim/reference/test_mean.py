"""Means over axes, which are read as average pools, against the oracle."""

import numpy as np
import pytest
from tflite_models import Value, integers, single


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 7, 7, 12), (1, 2)),
        ((1, 7, 5, 12), (2, 1)),
        ((1, 8, 8, 3), (-3, -2)),
        ((1, 3, 9, 4), (1,)),
        ((1, 3, 9, 4), (2,)),
        ((1, 3, 9, 4), (3,)),
        ((1, 6, 3, 3), (2, 3)),
        ((1, 3, 9, 4), (1, 2, 3)),
        ((1, 24, 5), (1,)),
        ((1, 5, 24), (2,)),
        ((1, 100), (1,)),
        ((1, 1, 1, 4), (1, 2)),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_is_the_oracles(equal_to_oracle, shape, axes, keeps, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(-128, 128, shape, np.int8)
    scales = np.float32(rng.uniform(0.05, 0.1, 2)) / np.array([1, 10 ** rng.uniform(-0.5, 1)])
    source, target = (
        Value(each, float(np.float32(scale)), int(rng.integers(-128, 128)))
        for each, scale in zip(
            (shape, values.mean(axis=axes, keepdims=keeps).shape), scales, strict=True
        )
    )
    model = single("MEAN", [source, integers(*axes)], [target], "ReducerOptions", KeepDims=keeps)
    equal_to_oracle(model, values)
