"""Batch normalisation becomes part of a dense layer: onnxruntime gives the same of both models."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from zeroleap.gen.normalization import fold_into_dense

RANDOM = np.random.default_rng(7)
PARAMETERS = {
    "w": RANDOM.standard_normal((4, 3)),
    "b": RANDOM.standard_normal(3),
    "scale": [1.5, -0.7, 0.2],
    "shift": [0.3, -2, 2.5],
    "mean": [0.2, -1, 3],
    "variance": [0.5, 2, 0.01],
}
X = RANDOM.standard_normal((5, 4)).astype(np.float32)


def dense(name="g", inputs=("x", "w", "b"), **attributes):
    return helper.make_node("Gemm", inputs, [name], **attributes)


def normalised(output="y", source="g", **attributes):
    names = [source, "scale", "shift", "mean", "variance"]
    return helper.make_node("BatchNormalization", names, [output], **attributes)


def model_of(*nodes, outputs=("y",), inputs=("x",), opset=17, **change):
    constants = {**PARAMETERS, **change}
    read = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("n", "k")) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("n", "m")) for name in outputs],
        [
            numpy_helper.from_array(np.asarray(array, np.float32), name)
            for name, array in constants.items()
            if name in read and name not in inputs
        ],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def results(model):
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return runtime.InferenceSession(model.SerializeToString(), options).run(None, {"x": X})


def folded(model):
    """Fold, check that the results are equal, and return what operators are left."""
    before = results(model)
    fold_into_dense(model)
    onnx.checker.check_model(model, full_check=True)
    for ours, theirs in zip(results(model), before, strict=True):
        assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-5)
        assert np.ptp(ours) > 1
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize(
    ("node", "change"),
    [
        (dense(), {}),
        (dense(inputs=("x", "w")), {}),
        (dense(inputs=("x", "w", "")), {}),
        (dense(), {"b": [PARAMETERS["b"]]}),
        (dense(), {"b": 2.5}),
        (dense(alpha=0.5, beta=3.0), {}),
        (dense(transB=1), {"w": PARAMETERS["w"].T}),
        (dense(transB=1), {"w": RANDOM.standard_normal((3, 4))}),
    ],
)
def test_a_dense_layer_takes_it_however_it_is_written(node, change):
    assert folded(model_of(node, normalised(epsilon=1e-2), **change)) == ["Gemm"]


def test_a_chain_is_folded_and_what_nothing_reads_any_more_is_gone():
    model = model_of(
        dense(),
        normalised("n"),
        helper.make_node("Relu", ["n"], ["r"]),
        dense("h", ("r", "v", "b")),
        normalised("m", "h"),
        normalised("y", "m"),
        v=RANDOM.standard_normal((3, 3)),
    )
    assert folded(model) == ["Gemm", "Relu", "Gemm"]
    names = {"n:weights", "n:bias", "y:weights", "y:bias"}
    assert {item.name for item in model.graph.initializer} == names


def test_constants_that_others_read_stay_and_names_are_new():
    nodes = [dense(), normalised("n"), dense("z"), helper.make_node("Add", ["n", "n:bias"], ["y"])]
    nodes.insert(0, helper.make_node("Identity", ["b"], ["n:bias"]))
    model = model_of(*nodes, outputs=("y", "z"))
    assert folded(model) == ["Identity", "Gemm", "Gemm", "Add"]
    names = {"n:weights", "n:bias#2", "w", "b"}
    assert {item.name for item in model.graph.initializer} == names


@pytest.mark.parametrize(
    "model",
    [
        model_of(dense(), normalised(), outputs=("y", "g")),
        model_of(dense(), normalised("n"), helper.make_node("Add", ["n", "g"], ["y"])),
        model_of(dense(), helper.make_node("Relu", ["g"], ["r"]), normalised(source="r")),
        model_of(dense(), normalised(), b=RANDOM.standard_normal((5, 3))),
    ],
)
def test_what_is_no_part_of_a_dense_layer_stays(model):
    before = model.SerializeToString()
    assert "BatchNormalization" in folded(model)
    assert model.SerializeToString() == before


@pytest.mark.parametrize(
    "model",
    [
        model_of(dense(), normalised(), inputs=("x", "mean")),
        model_of(dense(), normalised(), inputs=("x", "w")),
        model_of(dense(), normalised(), inputs=("x", "b")),
        model_of(dense(), normalised(), variance=[-1, 1, 1]),
        model_of(dense(), normalised(), b=[0, np.inf, 0]),
        model_of(dense(), normalised(), w=np.full((4, 3), 3e38), scale=[9] * 3),
        model_of(dense(), normalised(training_mode=1)),
        model_of(normalised(source="x")),
    ],
)
def test_what_is_computed_or_not_finite_stays(model):
    before = model.SerializeToString()
    fold_into_dense(model)
    assert model.SerializeToString() == before
