"""Random networks of many operators: RTL = reference, every layer's values and counters.

That the reference is TensorFlow Lite Micro's equal, tests/sim/reference says of the same networks.
"""

import shutil

import numpy as np
import pytest
from random_networks import random_network

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.frontend.tflite.reader import read
from zeroleap.gen.passes import legalise
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.machine import ReferenceRunner
from zeroleap.sim.rtl import RtlRunner

ROOM = {
    "queue_depth": 4,
    "partial_sums": 24,
    "activation_bytes": 2**15,
    "headers": 2**11,
    "parameters": 2**10,
    "program_words": 2**14,
    "layers": 128,
    "tables": 32,
}
ENGINES = {
    "2 groups of 4 lanes, both": EngineConfig(
        lanes=8, groups=2, sparsity="both", weight_bytes=2**11, **ROOM
    ),
    "3 lanes": EngineConfig(lanes=3, weight_bytes=2**13, **ROOM),
}
SLOW_ENGINES = {
    "4 groups of 4 lanes, both": EngineConfig(
        lanes=16, groups=4, sparsity="both", weight_bytes=2**11, **ROOM
    ),
}


def check(engine, seed, simulator="verilator"):
    model, values = random_network(seed)
    graph = legalise(read("random", model))
    image = compile_graph(graph, (ENGINES | SLOW_ENGINES)[engine])
    inputs = [{graph.inputs[0]: values}]
    [expected] = ReferenceRunner(graph, image).run(inputs, every_layer=True)
    [received] = RtlRunner(graph, image, simulator).run(inputs, every_layer=True)
    for index, layer in enumerate(image.layers):
        about = f"layer {index}: {layer.name} ({layer.op})"
        if layer.computed:
            found, wanted = received.layers[layer.output], expected.layers[layer.output]
            np.testing.assert_array_equal(found, wanted, about)
        assert received.counters[index] == expected.counters[index], about
    for name in graph.outputs:
        np.testing.assert_array_equal(received.outputs[name], expected.outputs[name], name)


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
    if not (shutil.which("iverilog") and shutil.which("vvp")):
        pytest.skip("Icarus Verilog (iverilog, vvp) is not installed")
    check("2 groups of 4 lanes, both", seed, simulator="icarus")
