"""Where the largest value is, against the oracle."""

import numpy as np
import pytest
import tflite
from tflite_models import Value, integers, single


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1, -2])
@pytest.mark.parametrize("spread", [2, 128])
def test_is_the_oracles(equal_to_oracle, axis, spread):
    values = np.random.default_rng(0).integers(-spread, spread, (1, 4, 5, 6), np.int8)
    target = Value(values.argmax(axis).shape, dtype="int32")
    model = single(
        "ARG_MAX",
        [Value(values.shape, 0.5, 3), integers(axis)],
        [target],
        "ArgMaxOptions",
        OutputType=tflite.TensorType.INT32,
    )
    equal_to_oracle(model, values)
