"""Softmax, LogSoftmax and ArgMax of the reader of ONNX files."""

import numpy as np
import pytest
from onnx import TensorProto
from onnx_models import SEED, Net, convolution, refusal, write
from onnx_oracle import compared

from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Softmax
from zeroleap.gen.passes import legalise, split
from zeroleap.sim.reference import network


@pytest.mark.parametrize(("scale", "zero_point"), [(1 / 256, -128), (1 / 128, -128), (1 / 256, 0)])
@pytest.mark.parametrize(
    ("shape", "attributes", "is_last"),
    [
        ((1, 6), {}, True),
        ((1, 6), {"axis": 1}, True),
        ((1, 6), {"axis": 0}, False),
        ((1, 4, 6, 6), {"axis": -1}, True),
        ((1, 4, 6, 6), {"axis": 3}, True),
        ((1, 4, 6, 6), {"axis": 1}, False),
        ((1, 4, 6, 6), {}, False),  # the last axis only from opset 13
    ],
)
def test_softmax_is_of_the_last_axis_in_256_steps(
    tmp_path, shape, attributes, is_last, scale, zero_point
):
    net = Net(shape)
    z = net.node("Softmax", [net.quantize("x", 0.05, 3)], "z", **attributes)
    model = net.model(net.quantize(z, scale, zero_point), shape)
    if not is_last:
        assert "'n_z' (Softmax): attribute axis is " in refusal(tmp_path, model)
    else:
        layer, *after = [op for op in load(write(tmp_path, model)) if op.source == "Softmax"]
        assert isinstance(layer, Softmax)
        assert layer.beta == 1.0
        assert [op.kind for op in after] == ["quantize"] * ((scale, zero_point) != (1 / 256, -128))


def test_refuses_softmax_with_limits_of_a_scalar_or_of_tiny_steps(tmp_path):
    net = Net((1, 6))
    z = net.node("Softmax", [net.quantize("x", 0.05, 3)], "z")
    z = net.node("Clip", [z, "", net.constant("high", np.float32(0.3))], "c")
    model = net.model(net.quantize(z, 1 / 256, -128), (1, 6))
    assert "'n_z' (Softmax): an activation limits its output" in refusal(tmp_path, model)
    net = Net((1, 1))
    s = net.node("Squeeze", [net.quantize("x", 0.05, 3)], "s")
    z = net.node("Softmax", [net.quantize(s, 0.05, 3)], "z")
    model = net.model(net.quantize(z, 1 / 256, -128), ())
    assert "'n_z' (Softmax): input has no dimension" in refusal(tmp_path, model)
    net = Net((1, 6))
    z = net.node("Softmax", [net.quantize("x", 2.0**-26, 3)], "z")
    model = net.model(net.quantize(z, 1 / 256, -128), (1, 6))
    assert "'n_z' (Softmax): input has scale 1.49" in refusal(tmp_path, model)


def test_a_classifier_as_onnxruntime_quantises_it_ends_in_a_softmax_of_255_steps(tmp_path):
    net = Net((1, 8))
    g = net.node("Gemm", [net.quantize("x", 0.05, 0), net.weights("w", (8, 10), axis=1)], "g")
    z = net.node("Softmax", [net.quantize(g, 0.05, 4)], "z", axis=-1)
    model = net.model(net.quantize(z, 1 / 255, -128), (1, 10))
    graph = compared(tmp_path, model, steps=3)  # the dense layer may differ by a step, 5 %
    after = split(legalise(graph))[2]
    assert [op.kind for op in after] == ["reshape", "softmax", "quantize", "dequantize"]
    alone = Net((1, 10))
    z = alone.node("Softmax", [alone.quantize("x", 0.05, 4)], "z", axis=-1)
    compared(tmp_path, alone.model(alone.quantize(z, 1 / 255, -128), (1, 10)))


def test_softmax_keeps_the_files_layout(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    net = Net((1, 2, 6, 5))
    c = net.quantize(convolution(net, net.quantize("x", 0.05, 0)), 0.02, 0)
    z = net.quantize(net.node("Softmax", [c], "z", axis=3), 1 / 256, -128)
    model = net.model(z, (1, 4, 4, 3))
    graph = legalise(load(write(tmp_path, model)))
    x = np.random.default_rng(SEED).standard_normal((1, 2, 6, 5)).astype(np.float32)
    ours = network.run(graph, {"x": x})[z] * 256
    (theirs,) = runtime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
    assert np.ptp(theirs) > 0.2
    assert np.abs(ours - theirs * 256).max() <= 3  # the convolution may differ by a step, 2 %


@pytest.mark.parametrize("target", [(1 / 16, 127), (0.05, 100)])
def test_log_softmax_to_its_own_scale_or_another(tmp_path, target):
    net = Net((1, 10))
    z = net.node("LogSoftmax", [net.quantize("x", 0.05, 3)], "z", axis=-1)
    graph = compared(tmp_path, net.model(net.quantize(z, *target), (1, 10)))
    assert next(op.kind for op in graph if op.source == "LogSoftmax") == "log_softmax"


@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axis", [1, 3, -2])
def test_arg_max_counts_in_the_files_layout(tmp_path, axis, keepdims):
    runtime = pytest.importorskip("onnxruntime")
    net = Net((1, 2, 6, 5))
    c = net.quantize(convolution(net, net.quantize("x", 0.05, 0)), 0.05, 0)
    shape = [1, 4, 4, 3]
    shape[axis] = 1
    if not keepdims:
        del shape[axis]
    y = net.node("ArgMax", [c], "y", axis=axis, keepdims=keepdims)
    model = net.model(y, shape, out_type=TensorProto.INT64)
    graph = load(write(tmp_path, model))
    session = runtime.InferenceSession(model.SerializeToString())
    x = np.random.default_rng(SEED).standard_normal((1, 2, 6, 5)).astype(np.float32) * 3
    [theirs] = session.run(None, {"x": x})
    ours = network.run(graph, {"x": x})[y]
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert np.mean(ours != theirs) < 0.1  # where two are nearly equal
    assert len(np.unique(ours)) > 2


def test_refuses_the_last_of_equal_indices_and_what_comes_behind(tmp_path):
    net = Net((1, 6))
    y = net.node("ArgMax", [net.quantize("x", 0.05, 3)], "y", axis=1, select_last_index=1)
    message = refusal(tmp_path, net.model(y, (1, 1), out_type=TensorProto.INT64))
    assert "'n_y' (ArgMax): attribute select_last_index is 1" in message
    net = Net((1, 6))
    y = net.node("ArgMax", [net.quantize("x", 0.05, 3)], "y", axis=1)
    z = net.node("Add", [y, y], "z")
    message = refusal(tmp_path, net.model(z, (1, 1), out_type=TensorProto.INT64))
    assert "'n_z' (Add): input 0 is not quantised" in message
