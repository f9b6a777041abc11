"""PRELU, which is read as several operators, against the oracle."""

import numpy as np
import pytest
from tflite_models import Value, single


@pytest.mark.parametrize("shape", [(1, 1, 3), (3,), (1, 1, 1, 3), (16, 16, 3), (1,)])
@pytest.mark.parametrize("seed", range(8))
def test_every_value_is_the_oracles(equal_to_oracle, shape, seed):
    rng = np.random.default_rng(seed)
    values = np.repeat(np.arange(-128, 128, dtype=np.int8).reshape(1, 16, 16, 1), 3, axis=3)
    scales = np.float32(2.0 ** rng.uniform([-6, -12, -6], [0, -5, 0]))
    source, slopes, target = (
        Value(each, float(scale), int(rng.integers(-128, 128)))
        for each, scale in zip((values.shape, shape, values.shape), scales, strict=True)
    )
    slopes.data = rng.integers(-128, 128, shape, np.int8)
    equal_to_oracle(single("PRELU", [source, slopes], [target]), values)
