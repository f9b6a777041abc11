"""The reader of ONNX files, on quantised (QDQ) graphs made here."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import SEED, Net, convolution, refusal, whole_network, write

from zeroleap.gen.frontend import load
from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Dequantize,
    FullyConnected,
    MaxPool,
    Padding,
    Quantize,
    Softmax,
)
from zeroleap.gen.passes import legalise, split
from zeroleap.sim.reference import network


def test_one_convolution_field_by_field(tmp_path):
    net = Net()
    x = net.quantize("x", 0.05, -5)
    c = convolution(net, x, pads=[0, 1, 2, 0], strides=[2, 1])
    y = net.quantize(net.node("Relu", [c], "r"), 0.025, 10)
    graph = load(write(tmp_path, net.model(y, (1, 4, 3, 4))))
    layer = next(op for op in graph if isinstance(op, Convolution))
    assert (layer.name, layer.source) == ("n_c", "Conv")
    assert layer.padding == Padding(top=0, bottom=2, left=1, right=0)
    assert layer.stride == (2, 1)
    assert layer.clamp == (10, 127)
    stored = {item.name: numpy_helper.to_array(item) for item in net.constants}
    assert np.array_equal(layer.weights, stored["c_w"].transpose(0, 2, 3, 1))
    assert np.array_equal(layer.bias, stored["c_b"])
    # float32(0.05) is 2 * float32(0.025), so the multiplier is that of 2 * float32(0.01)
    mantissa = 0.64 * np.float64(np.float32(0.01)) / 0.01 * 2**31
    assert layer.requantization.multiplier.tolist() == [round(mantissa)] * 4
    assert layer.requantization.shift.tolist() == [-5] * 4
    assert graph.tensors["x"].shape == (1, 2, 6, 5)
    assert graph.tensors["x"].dtype == "float32"
    first, last = graph.operators[0], graph.operators[-1]
    assert isinstance(first, Quantize)
    assert (first.ties, first.input) == ("even", "x")
    assert isinstance(last, Dequantize)
    assert graph.tensors[last.output].shape == (1, 4, 3, 4)


@pytest.mark.parametrize("unsigned", [False, True])
def test_each_layer_is_within_one_of_onnxruntime(tmp_path, unsigned):
    runtime = pytest.importorskip("onnxruntime")
    model = whole_network(unsigned)
    onnx.checker.check_model(model, full_check=True)
    graph = load(write(tmp_path, model))
    names = [n.output[0] for n in model.graph.node if n.op_type == "QuantizeLinear"]
    kind = TensorProto.UINT8 if unsigned else TensorProto.INT8
    model.graph.output.extend(helper.make_tensor_value_info(n, kind, None) for n in names)
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = runtime.InferenceSession(model.SerializeToString(), options)
    random = np.random.default_rng(SEED)
    kinds = Convolution, DepthwiseConvolution, FullyConnected, MaxPool, AveragePool, Softmax
    seen = set()
    for _ in range(5):
        x = random.standard_normal((1, 2, 12, 10)).astype(np.float32) * 3
        theirs = {}
        for name, values in zip(names, session.run(names, {"x": x}), strict=True):
            values = (values.astype(np.int16) - (128 if unsigned else 0)).astype(np.int8)
            theirs[name] = values.transpose(0, 2, 3, 1) if values.ndim == 4 else values
        theirs["p1"] = theirs["p1_q"]
        theirs["x_q:channels_last"] = theirs["x_q"]
        for op in graph:
            if not isinstance(op, kinds):
                continue
            given = theirs[op.input.removesuffix(":reshaped")].reshape(
                graph.tensors[op.input].shape
            )
            source, target = graph.tensors[op.input], graph.tensors[op.output]
            ours = network.OPERATORS[type(op)](op, given, source, target).astype(int)
            difference = np.abs(ours - theirs[op.output])
            assert difference.max() <= 1, op.name
            assert np.ptp(ours) > 20, op.name
            seen.add(type(op))
    assert seen == set(kinds)


@pytest.mark.parametrize("unsigned", [False, True])
def test_legal_graph_gives_the_same_and_keeps_the_models_own_edges(tmp_path, unsigned):
    graph = load(write(tmp_path, whole_network(unsigned)))
    legal = legalise(graph)
    assert (legal.inputs, legal.outputs) == (("x",), ("z_d",))
    before, core, after = split(legal)
    assert [op.kind for op in before] == ["quantize", "transpose"]
    kinds = ["conv", "max_pool", "depthwise", "conv", "average_pool", "conv", "conv"]
    assert [op.kind for op in core] == kinds
    assert [op.kind for op in after] == ["reshape", "softmax", "dequantize"]
    x = np.random.default_rng(SEED).standard_normal((1, 2, 12, 10)).astype(np.float32)
    results = [network.run(form, {"x": x})["z_d"] for form in (graph, legal)]
    assert np.array_equal(*results)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_a_group_for_each_channel_is_depthwise(tmp_path, channels):
    net = Net((1, channels, 6, 5))
    c = convolution(net, net.quantize("x", 0.05, 0), w_shape=(channels, 1, 3, 2), group=channels)
    graph = load(write(tmp_path, net.model(net.quantize(c, 0.1, 0), (1, channels, 4, 4))))
    (layer,) = (op for op in graph if op.source == "Conv")
    (stored,) = (numpy_helper.to_array(item) for item in net.constants if item.name == "c_w")
    if channels == 1:
        assert type(layer) is Convolution
        assert np.array_equal(layer.weights, stored.transpose(0, 2, 3, 1))
    else:
        assert type(layer) is DepthwiseConvolution
        assert np.array_equal(layer.weights, stored[:, 0])
        assert layer.weights.flags.c_contiguous
    assert layer.requantization.shift.shape == (channels,)


def test_channels_last_exports_need_no_transpose(tmp_path):
    net = Net((1, 6, 5, 2))
    x = net.node("Transpose", [net.quantize("x", 0.05, 0)], "t", perm=[0, 3, 1, 2])
    c = net.quantize(convolution(net, net.quantize(x, 0.05, 0)), 0.1, 0)
    y = net.quantize(net.node("Transpose", [c], "u", perm=[0, 2, 3, 1]), 0.1, 0)
    graph = load(write(tmp_path, net.model(y, (1, 4, 3, 4))))
    assert [op.kind for op in graph] == ["quantize", "conv", "dequantize"]


def test_one_channel_needs_a_reshape_only(tmp_path):
    net = Net((1, 1, 6, 5))
    c = convolution(net, net.quantize("x", 0.05, 0), w_shape=(4, 1, 6, 5))
    legal = legalise(load(write(tmp_path, net.model(net.quantize(c, 0.1, 0), (1, 4, 1, 1)))))
    assert [op.kind for op in legal] == ["quantize", "reshape", "conv", "reshape", "dequantize"]


@pytest.mark.parametrize("kind", [TensorProto.INT8, TensorProto.UINT8])
def test_integer_inputs_and_outputs_keep_their_type(tmp_path, kind):
    net = Net(unsigned=kind == TensorProto.UINT8)
    x = net.node("DequantizeLinear", ["x", *net.scale("x", 0.05, 3)], "x_d")
    c = convolution(net, x)
    y = net.node("QuantizeLinear", [c, *net.scale("y", 0.1, 100)], "y")
    graph = legalise(load(write(tmp_path, net.model(y, (1, 4, 4, 3), kind, kind))))
    dtype = "int8" if kind == TensorProto.INT8 else "uint8"
    ends = [graph.tensors[name] for name in ("x", "y")]
    assert [(t.dtype, t.zero_point) for t in ends] == [(dtype, 3), (dtype, 100)]
    layer = next(op for op in graph if isinstance(op, Convolution))
    shift = 0 if dtype == "int8" else 128
    assert graph.tensors[layer.input].zero_point == 3 - shift
    assert graph.tensors[layer.output].zero_point == 100 - shift


def test_average_over_the_map_has_its_divisor_in_the_scale(tmp_path):
    net = Net((1, 2, 2, 4))
    x = net.quantize("x", 0.5, 4)
    y = net.quantize(net.node("GlobalAveragePool", [x], "g"), 0.25, -7)
    graph = load(write(tmp_path, net.model(y, (1, 2, 1, 1))))
    layer = next(op for op in graph if isinstance(op, AveragePool))
    assert layer.window == (2, 4)
    # 0.5 / (0.25 * 8) = 0.25
    assert layer.requantization.multiplier.tolist() == [2**30]
    assert layer.requantization.shift.tolist() == [-1]


def test_clip_and_relu_compose(tmp_path):
    net = Net()
    c = convolution(net, net.quantize("x", 0.05, 0))
    low, high = net.constant("low", np.float32(-1)), net.constant("high", np.float32(2.45))
    r = net.node("Relu", [net.node("Clip", [c, low, high], "k")], "r")
    graph = load(write(tmp_path, net.model(net.quantize(r, 0.125, -2), (1, 4, 4, 3))))
    layer = next(op for op in graph if isinstance(op, Convolution))
    assert layer.clamp == (-2, 18)  # 2.45 / 0.125 = 19.6


def test_an_output_map_comes_back_in_the_files_layout(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    net = Net()
    c = convolution(net, net.quantize("x", 0.05, -5))
    model = net.model(net.quantize(c, 0.05, 3), (1, 4, 4, 3))
    x = np.random.default_rng(SEED).standard_normal(net.in_shape).astype(np.float32)
    (theirs,) = runtime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
    graph = load(write(tmp_path, model))
    for form in (graph, legalise(graph)):
        ours = network.run(form, {"x": x})["c_d"]
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < 0.05 * 1.5
        assert np.ptp(ours) > 1


@pytest.mark.parametrize("transposed", [False, True])
def test_dense_weights_come_either_way(tmp_path, transposed):
    net = Net((1, 8))
    shape = (3, 8) if transposed else (8, 3)
    w = net.weights("w", shape, axis=0 if transposed else 1)
    g = net.node("Gemm", [net.quantize("x", 0.05, 0), w], "g", transB=int(transposed))
    graph = load(write(tmp_path, net.model(net.quantize(g, 0.1, 0), (1, 3))))
    layer = next(op for op in graph if isinstance(op, FullyConnected))
    stored = next(numpy_helper.to_array(item) for item in net.constants if item.name == "w")
    assert np.array_equal(layer.weights, stored if transposed else stored.T)


def test_unsigned_weights_are_recentred_and_asymmetric_ones_refused(tmp_path):
    for zero_point in (128, 127):
        net = Net((1, 2, 1, 1))
        x = net.quantize("x", 0.05, 0)
        net.constant("w", np.array([0, 255], np.uint8).reshape(1, 2, 1, 1))
        net.constant("w_s", np.float32(0.01))
        net.constant("w_z", np.uint8(zero_point))
        w = net.node("DequantizeLinear", ["w", "w_s", "w_z"], "w_d")
        y = net.quantize(net.node("Conv", [x, w], "c"), 0.1, 0)
        model = net.model(y, (1, 1, 1, 1))
        if zero_point == 128:
            graph = load(write(tmp_path, model))
            layer = next(op for op in graph if isinstance(op, Convolution))
            assert layer.weights.reshape(-1).tolist() == [-128, 127]
        else:
            assert "'n_c' (Conv): weights are asymmetric" in refusal(tmp_path, model)


def biased(bias, scale=None):
    """Return a convolution of one weight with this bias: steps are of 0.5 * 0.25."""
    net = Net((1, 1, 1, 1))
    x = net.quantize("x", 0.5, 0)
    w = net.weights("w", (1, 1, 1, 1), scales=[0.25])
    net.constant("b", bias)
    if scale is not None:
        net.node("DequantizeLinear", ["b", net.constant("b_s", np.float32(scale))], "b_d")
    y = net.node("Conv", [x, w, "b" if scale is None else "b_d"], "c")
    return net.model(net.quantize(y, 0.1, 0), (1, 1, 1, 1))


@pytest.mark.parametrize(
    ("bias", "scale", "steps"),
    [
        (np.array([2**30 + 1], np.int32), np.nextafter(np.float32(0.125), 1), 2**30 + 1),
        (np.array([3], np.int32), 0.25, 6),
        (np.array([0.3], np.float32), None, 2),  # 2.4
        (np.array([-0.3125], np.float32), None, -2),  # -2.5, to even
    ],
)
def test_bias_is_taken_or_rounded_to_the_accumulators_steps(tmp_path, bias, scale, steps):
    graph = load(write(tmp_path, biased(bias, scale)))
    layer = next(op for op in graph if isinstance(op, Convolution))
    assert layer.bias.tolist() == [steps]


def test_refuses_a_bias_that_does_not_fit(tmp_path):
    for value in (2.0**28, -np.inf, np.nan):
        message = refusal(tmp_path, biased(np.array([value], np.float32)))
        assert "'n_c' (Conv): bias does not fit in 32 bits" in message


def test_weights_may_be_quantised_in_the_graph(tmp_path):
    net = Net((1, 2, 1, 1))
    x = net.quantize("x", 0.05, 0)
    real = np.array([[0.625, -0.875], [3.0, -400.0]], np.float32).reshape(2, 2, 1, 1)
    scales = net.constant("w_s", np.array([0.25, 1.0], np.float32))
    zeros = net.constant("w_z", np.zeros(2, np.int8))
    net.constant("w", real)
    net.node("QuantizeLinear", ["w", scales, zeros], "w_q", axis=0)
    w = net.node("DequantizeLinear", ["w_q", scales, zeros], "w_d", axis=0)
    y = net.quantize(net.node("Conv", [x, w], "c"), 0.1, 0)
    graph = load(write(tmp_path, net.model(y, (1, 2, 1, 1))))
    layer = next(op for op in graph if isinstance(op, Convolution))
    assert layer.weights.reshape(2, 2).tolist() == [[2, -4], [3, -128]]  # 2.5, -3.5


def test_shapes_follow_onnx(tmp_path):
    net = Net((1, 4, 3, 3))
    x = net.quantize("x", 0.05, 0)
    p = net.node("MaxPool", [x], "p", kernel_shape=[3, 3])  # (1, 4, 1, 1)
    axes = [net.constant("axes", np.array([2, -1])), net.constant("end", np.array([-1]))]
    p = net.node("Identity", [net.node("Squeeze", [p, axes[0]], "sq")], "i")  # (1, 4)
    p = net.node("Unsqueeze", [p, axes[1]], "u")  # (1, 4, 1)
    p = net.node("Reshape", [p, net.constant("to", np.array([0, 2, -1]))], "r")  # (1, 2, 2)
    p = net.node("Flatten", [p], "f", axis=-1)  # (2, 2)
    graph = load(write(tmp_path, net.model(net.quantize(p, 0.05, 0), (2, 2))))
    given = np.random.default_rng(SEED).standard_normal((1, 4, 3, 3)).astype(np.float32)
    result = network.run(graph, {"x": given})["f_d"]
    assert np.abs(result - given.max((2, 3)).reshape(2, 2)).max() <= 0.026
