"""Onnxruntime, which ONNX graphs are compared with."""

import numpy as np
import onnx
import pytest
from onnx_models import SEED, write

from zeroleap.gen.frontend import load
from zeroleap.sim.reference import network


def compared(tmp_path, model, steps=1, values=4):
    """Run the model here and in onnxruntime on random floats; return the graph.

    Its outputs must be within ``steps`` of their scale, and have more than ``values`` different
    values. Onnxruntime runs the graph as it stands: in floats, where it says so.
    """
    runtime = pytest.importorskip("onnxruntime")
    onnx.checker.check_model(model, full_check=True)
    graph = load(write(tmp_path, model))
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    random = np.random.default_rng(SEED)
    seen = {name: set() for name in graph.outputs}
    for _ in range(3):
        given = {
            name: random.uniform(-7, 7, graph.tensors[name].shape).astype(np.float32)
            for name in graph.inputs
        }
        ours = network.run(graph, given)
        for name, theirs in zip(graph.outputs, session.run(graph.outputs, given), strict=True):
            scale = graph.tensors[graph.producer(name).input].scale
            assert ours[name].shape == theirs.shape
            assert np.abs(ours[name] - theirs).max() <= (steps + 1e-3) * scale, name
            seen[name].update(np.round(ours[name].reshape(-1) / scale).astype(int).tolist())
    assert min(map(len, seen.values())) > values  # not all saturated, or zero
    return graph


def of_kind(graph, kind):
    """Return the operators of this kind."""
    return [op for op in graph if op.kind == kind]
