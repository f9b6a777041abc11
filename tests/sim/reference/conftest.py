"""Runs a file's bytes through the frontend and the reference."""

import contextlib
import zlib

import numpy as np
import pytest
from on_rtl import ENGINES, equal_on_rtl
from oracle import outputs_of

from zeroleap.gen.errors import InputError
from zeroleap.gen.passes import WHOLE, legalise, simplify
from zeroleap.sim.reference.network import run

SAMPLE = 16
"""One test in so many compares with the RTL too, or all of them with ``--rtl``."""


@pytest.fixture
def is_on_rtl(request):
    sample = zlib.crc32(request.node.nodeid.encode()) % SAMPLE == 0
    return sample or request.config.getoption("--rtl")


@pytest.fixture
def equal_to_oracle(read, is_on_rtl):
    """Assert that oracle and reference give the same, and return the first output.

    The reference runs the graph as it is read and as the passes leave it; of some tests, the RTL
    of an engine does too, if an engine does the graph at all.
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
        if is_on_rtl:
            with contextlib.suppress(InputError):
                equal_on_rtl(legalise(graph), inputs, next(iter(ENGINES)))
        return expected[0]

    return check
