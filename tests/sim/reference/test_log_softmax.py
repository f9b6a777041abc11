"""Logarithms of softmax near the real function, and against the oracle."""

import numpy as np
import pytest
from tflite_models import Value, single

from zeroleap.sim.reference.log_softmax import log_of_sum


def test_logarithm_is_that_of_real_numbers():
    totals = [2**19, 2**19 + 1, 3 * 2**18, 2**20, 2**31 - 1]
    totals += map(int, 2.0 ** np.random.default_rng(0).uniform(19, 31, 2000))
    received = np.array([log_of_sum(total) for total in totals]) / 2**26
    np.testing.assert_allclose(received, np.log(np.array(totals) / 2**19), atol=2e-6)


@pytest.mark.parametrize("scale", [1e-3, 0.012, 0.0625, 0.1447, 0.5, 1.0, 3.7, 31.0, 40.0])
def test_is_the_oracles(equal_to_oracle, scale):
    rng = np.random.default_rng(int(scale * 1e6))
    for size in (1, 2, 12, 100, 1001):
        rows = rng.integers(-128, 128, (1, 60, size), np.int8)
        near = rng.integers(0, 7, (1, 60, 1))  # rows of nearly equal values too
        values = (rows >> near).astype(np.int8)
        source, target = (
            Value(values.shape, float(np.float32(scale)), 7),
            Value(values.shape, 1 / 16, 127),
        )
        model = single("LOG_SOFTMAX", [source], [target], "LogSoftmaxOptions")
        equal_to_oracle(model, values)
