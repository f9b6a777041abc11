"""Holds the RTL equal to the reference, on engines that have room for small networks."""

import numpy as np

from zeroleap.gen.compiler import compile_graph
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
    "4 lanes, 1 bank": EngineConfig(
        lanes=4,
        weight_bytes=2**13,
        **{**ROOM, "queue_depth": 0},
        banks=1,
        positions=9,
        multiplier_bits=16,
    ),
}
SLOW_ENGINES = {
    "4 groups of 4 lanes, both, 2 words read": EngineConfig(
        lanes=16, groups=4, sparsity="both", weight_bytes=2**11, read_words=2, **ROOM
    ),
}


def equal_on_rtl(graph, inputs, engine, simulator="verilator"):
    """Assert that every layer's values and counters are equal, and return the image."""
    image = compile_graph(graph, (ENGINES | SLOW_ENGINES)[engine])
    [expected] = ReferenceRunner(graph, image).run([inputs], every_layer=True)
    [received] = RtlRunner(graph, image, simulator).run([inputs], every_layer=True)
    for index, layer in enumerate(image.layers):
        about = f"layer {index}: {layer.name} ({layer.op})"
        if layer.computed:
            found, wanted = received.layers[layer.output], expected.layers[layer.output]
            np.testing.assert_array_equal(found, wanted, about)
        assert received.counters[index] == expected.counters[index], about
    for name in graph.outputs:
        np.testing.assert_array_equal(received.outputs[name], expected.outputs[name], name)
    return image
