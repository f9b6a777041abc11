"""Runs a file's bytes through the frontend and the reference."""

import numpy as np
import pytest
from oracle import output_of

from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference.network import run


@pytest.fixture
def read(tmp_path):
    def read(model):
        path = tmp_path / "model.tflite"
        path.write_bytes(model)
        return load(path)

    return read


@pytest.fixture
def equal_to_oracle(read):
    """Assert that oracle and reference give the same, and return it.

    The reference runs the graph as it is read and, where there is something to accelerate, as the
    passes leave it.
    """

    def check(model, *values, is_legal=True):
        expected = output_of(model, *values)
        graph = read(model)
        for version in (graph, legalise(graph)) if is_legal else (graph,):
            inputs = dict(zip(graph.inputs, values, strict=True))
            received = run(version, inputs)[graph.outputs[0]]
            assert received.dtype == expected.dtype
            np.testing.assert_array_equal(received, expected)
        return expected

    return check
