"""Integer inputs that are moved before they are dequantised, as tf2onnx writes them."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import write

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference.network import run

SHAPE = (1, 4, 6, 2)
SCALE, ZERO = np.float32(0.5), np.int8(-3)


def model(*nodes, output):
    constants = {"scale": SCALE, "zero": ZERO, "shape": np.array([1, 2, 4, 6])}
    nodes += (
        helper.make_node("MaxPool", ["real"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("QuantizeLinear", ["pooled", "scale", "zero"], ["y"]),
    )
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.INT8, SHAPE)],
        [helper.make_tensor_value_info("y", TensorProto.INT8, output)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])


def node(kind, source, target, *more, **attributes):
    return helper.make_node(kind, [source, *more], [target], **attributes)


def dequantize(source, target):
    return node("DequantizeLinear", source, target, "scale", "zero")


def test_a_transpose_comes_after_its_dequantise_linear(tmp_path):
    chain = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), dequantize("t", "real")]
    graph = legalise(load(write(tmp_path, model(*chain, output=(1, 2, 2, 3)))))
    values = np.random.default_rng(0).integers(-128, 128, SHAPE, np.int8)
    expected = values.transpose(0, 3, 1, 2).reshape(1, 2, 2, 2, 3, 2).max(axis=(3, 5))
    np.testing.assert_array_equal(run(graph, {"x": values})["y"], expected)


def test_a_chain_of_moves_keeps_its_order(tmp_path):
    chain = [
        node("Transpose", "x", "t", perm=[0, 1, 3, 2]),
        node("Reshape", "t", "r", "shape"),
        dequantize("r", "real"),
    ]
    graph = legalise(load(write(tmp_path, model(*chain, output=(1, 2, 2, 3)))))
    values = np.random.default_rng(1).integers(-128, 128, SHAPE, np.int8)
    moved = values.transpose(0, 1, 3, 2).reshape(1, 2, 4, 6)
    expected = moved.reshape(1, 2, 2, 2, 3, 2).max(axis=(3, 5))
    np.testing.assert_array_equal(run(graph, {"x": values})["y"], expected)


def test_integers_that_are_not_dequantised_are_refused(tmp_path):
    chain = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Relu", "t", "real")]
    with pytest.raises(InputError, match="node 0"):
        load(write(tmp_path, model(*chain, output=(1, 2, 2, 3))))
