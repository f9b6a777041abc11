"""Runs a file's bytes through the frontend and the reference."""

import numpy as np
import pytest
from oracle import outputs_of

from zeroleap.gen.frontend import load
from zeroleap.gen.passes import WHOLE, simplify
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
    """Assert that oracle and reference give the same, and return the first output.

    The reference runs the graph as it is read and as the passes leave it.
    """

    def check(model, *values):
        graph = read(model)
        expected = outputs_of(model, *values, count=len(graph.outputs))
        inputs = dict(zip(graph.inputs, values, strict=True))
        for version in (graph, simplify(graph, WHOLE), simplify(graph)):
            received = run(version, inputs)
            for name, output in zip(graph.outputs, expected, strict=True):
                assert received[name].dtype == output.dtype
                np.testing.assert_array_equal(received[name], output)
        return expected[0]

    return check
