"""Random networks of many operators: RTL = reference, every layer's values and counters.

That the reference is TensorFlow Lite Micro's equal, tests/sim/reference says of the same networks.
"""

import pytest
from on_rtl import ENGINES, SLOW_ENGINES, equal_on_rtl
from random_networks import random_network

from zeroleap.gen.frontend.tflite.reader import read
from zeroleap.gen.passes import legalise


def check(engine, seed, simulator="verilator"):
    model, values = random_network(seed)
    graph = legalise(read("random", model))
    equal_on_rtl(graph, {graph.inputs[0]: values}, engine, simulator)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("engine", ENGINES)
def test_equals_the_reference(engine, seed):
    check(engine, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12, 40))
@pytest.mark.parametrize("engine", SLOW_ENGINES)
def test_many_more_equal_the_reference(engine, seed):
    check(engine, seed)


@pytest.mark.icarus
@pytest.mark.parametrize("seed", [40, 41])
def test_equals_the_reference_on_icarus(seed):
    check("2 groups of 4 lanes, both", seed, simulator="icarus")
