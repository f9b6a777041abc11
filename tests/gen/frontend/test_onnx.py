"""The reader of ONNX files, on quantised (QDQ) graphs made here."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from zeroleap.gen.errors import InputError
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

SEED = 7


class Net:
    """Writes a QDQ graph, a line a layer."""

    def __init__(self, in_shape=(1, 2, 6, 5), unsigned=False):
        self.random = np.random.default_rng(SEED)
        self.nodes, self.constants = [], []
        self.in_shape, self.dtype = in_shape, np.uint8 if unsigned else np.int8
        self.opset = 17

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(
            helper.make_node(kind, inputs, [output], name=f"n_{output}", **attributes)
        )
        return output

    def scale(self, name, scale, zero_point):
        zero = np.array(zero_point).astype(self.dtype)
        return [
            self.constant(f"{name}_s", np.float32(scale)),
            self.constant(f"{name}_z", zero),
        ]

    def quantize(self, name, scale, zero_point):
        """Quantise and dequantise ``name``; return the real name after."""
        if self.dtype == np.uint8:
            zero_point += 128
        parameters = self.scale(name, scale, zero_point)
        self.node("QuantizeLinear", [name, *parameters], f"{name}_q")
        return self.node("DequantizeLinear", [f"{name}_q", *parameters], f"{name}_d")

    def weights(self, name, shape, axis=0, scales=None):
        scales = self.random.uniform(0.002, 0.01, shape[axis]) if scales is None else scales
        scales = np.asarray(scales, dtype=np.float32)
        self.constant(name, self.random.integers(-127, 128, shape).astype(np.int8))
        self.constant(f"{name}_s", scales)
        self.constant(f"{name}_z", np.zeros(scales.shape, np.int8))
        return self.node(
            "DequantizeLinear", [name, f"{name}_s", f"{name}_z"], f"{name}_d", axis=axis
        )

    def bias(self, name, count, scale):
        self.constant(name, self.random.integers(-3000, 3000, count).astype(np.int32))
        self.constant(f"{name}_s", np.float32(scale))
        return self.node("DequantizeLinear", [name, f"{name}_s"], f"{name}_d")

    def model(self, output, out_shape, in_type=TensorProto.FLOAT, out_type=TensorProto.FLOAT):
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("x", in_type, self.in_shape)],
            [helper.make_tensor_value_info(output, out_type, out_shape)],
            self.constants,
        )
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def write(tmp_path, model):
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def refusal(tmp_path, model):
    with pytest.raises(InputError) as error:
        load(write(tmp_path, model))
    assert "\n" not in str(error.value)
    return str(error.value)


def convolution(net, x, out="c", w_shape=(4, 2, 3, 3), **attributes):
    weights = net.weights(f"{out}_w", w_shape, scales=[0.01] * w_shape[0])
    bias = net.bias(f"{out}_b", w_shape[0], 0.05 * 0.01)
    return net.node("Conv", [x, weights, bias], out, **attributes)


def whole_network(unsigned=False):
    """Return a model with nearly every operator once."""
    net = Net((1, 2, 12, 10), unsigned)
    x = net.quantize("x", 0.05, -5)
    c = convolution(net, x, "c1", pads=[1, 1, 1, 1])
    r = net.quantize(net.node("Relu", [c], "r1"), 0.05, -128)
    p = net.node("MaxPool", [r], "p1", kernel_shape=[2, 2], strides=[2, 2])
    p = net.quantize(p, 0.05, -128)
    d = convolution(net, p, "d1", (4, 1, 3, 3), pads=[1, 1, 1, 1], group=4)
    d = net.quantize(d, 0.05, 4)
    c = convolution(net, d, "c2", (6, 4, 3, 3), strides=[1, 1], pads=[0, 1, 0, 1])
    low, high = net.constant("low", np.float32(0)), net.constant("high", np.float32(6))
    r = net.quantize(net.node("Clip", [c, low, high], "r2"), 0.05, -128)
    a = net.node("AveragePool", [r], "a2", kernel_shape=[2, 2], strides=[2, 1])
    a = net.quantize(a, 0.03, -120)  # (1, 6, 2, 4)
    f = net.quantize(net.node("Flatten", [a], "f"), 0.03, -120)
    w = net.weights("w3", (5, 48))
    g = net.quantize(
        net.node("Gemm", [f, w, net.constant("b3", np.ones(5, np.float32))], "g", transB=1), 0.1, 3
    )
    m = net.node("MatMul", [g, net.weights("w4", (5, 7), axis=1)], "m")
    y = net.node("Add", [m, net.constant("b4", np.arange(7, dtype=np.float32) / 8)], "s")
    z = net.node("Softmax", [net.quantize(y, 0.08, 1)], "z", axis=1)
    return net.model(net.quantize(z, 1 / 256, -128), (1, 7))


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
    elif (scale, zero_point) != (1 / 256, -128):
        assert f"'n_z' (Softmax): output has scale {scale} and" in refusal(tmp_path, model)
    else:
        layer = next(op for op in load(write(tmp_path, model)) if op.source == "Softmax")
        assert isinstance(layer, Softmax)
        assert layer.beta == 1.0


def test_refuses_softmax_with_limits_of_a_scalar_or_of_tiny_steps(tmp_path):
    net = Net((1, 6))
    z = net.node("Softmax", [net.quantize("x", 0.05, 3)], "z")
    z = net.node("Clip", [z, "", net.constant("high", np.float32(0.3))], "c")
    model = net.model(net.quantize(z, 1 / 256, -128), (1, 6))
    assert "'n_z' (Softmax): output has scale 0.00390625 and" in refusal(tmp_path, model)
    net = Net((1, 1))
    s = net.node("Squeeze", [net.quantize("x", 0.05, 3)], "s")
    z = net.node("Softmax", [net.quantize(s, 0.05, 3)], "z")
    model = net.model(net.quantize(z, 1 / 256, -128), ())
    assert "'n_z' (Softmax): input has no dimension" in refusal(tmp_path, model)
    net = Net((1, 6))
    z = net.node("Softmax", [net.quantize("x", 2.0**-26, 3)], "z")
    model = net.model(net.quantize(z, 1 / 256, -128), (1, 6))
    assert "'n_z' (Softmax): input has scale 1.49" in refusal(tmp_path, model)


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


@pytest.mark.parametrize(
    ("kind", "constant", "words"),
    [
        ("Squeeze", [1], "axes (1,) of (1, 4, 6, 6) are not all of length 1"),
        ("Reshape", [1, 5, -1], "144 elements"),
        ("Reshape", [-1, 4, -1], "144 elements"),
        ("Reshape", [-2, -2, 36], "144 elements"),
    ],
)
def test_refuses_shapes_that_do_not_fit(tmp_path, kind, constant, words):
    net = Net((1, 4, 6, 6))
    x = net.quantize("x", 0.05, 0)
    y = net.node(kind, [x, net.constant("k", np.array(constant))], "y")
    message = refusal(tmp_path, net.model(net.quantize(y, 0.05, 0), (1, 4, 36)))
    assert f"'n_y' ({kind}): " in message
    assert words in message


def test_refuses_two_scales_of_one_input(tmp_path):
    net = Net()
    first = net.node("DequantizeLinear", ["x", *net.scale("a", 0.05, 0)], "a")
    second = net.node("DequantizeLinear", ["x", *net.scale("b", 0.06, 0)], "b")
    net.quantize(convolution(net, first), 0.1, 0)
    y = net.quantize(convolution(net, second, "e"), 0.1, 0)
    message = refusal(tmp_path, net.model(y, (1, 4, 4, 3), TensorProto.INT8))
    assert "'n_b' (DequantizeLinear): the model's input has another scale elsewhere" in message


def test_refuses_attributes_that_it_does_not_know(tmp_path):
    model = whole_network()
    node = next(node for node in model.graph.node if node.op_type == "Relu")
    node.attribute.append(helper.make_attribute("slope", 2))
    assert "slope" in refusal(tmp_path, model)


def conv_with(**attributes):
    def model():
        net = Net((1, 4, 6, 6))
        attributes.setdefault("w_shape", (4, 4 // attributes.get("group", 1), 3, 3))
        c = convolution(net, net.quantize("x", 0.05, 0), **attributes)
        return net.model(net.quantize(c, 0.1, 0), ("n", "c", "h", "w"))

    return model


def pool_with(kind, scale=0.05, **attributes):
    def model():
        net = Net((1, 4, 6, 6))
        attributes.setdefault("kernel_shape", [2, 2])
        p = net.node(kind, [net.quantize("x", 0.05, 0)], "p", **attributes)
        return net.model(net.quantize(p, scale, 0), ("n", "c", "h", "w"))

    return model


def gemm_with(**attributes):
    def model():
        net = Net((1, 8))
        w = net.weights("w", (3, 8), axis=attributes.pop("axis", 0))
        g = net.node("Gemm", [net.quantize("x", 0.05, 0), w], "g", **attributes)
        return net.model(net.quantize(g, 0.1, 0), (1, 3))

    return model


def node_on_input(kind, shape=(1, 4, 6, 6), **attributes):
    def model():
        net = Net(shape)
        g = net.node(kind, [net.quantize("x", 0.05, 0)], "g", **attributes)
        return net.model(net.quantize(g, 0.1, 0), shape)

    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (conv_with(auto_pad="SAME_UPPER"), "'n_c' (Conv): attribute auto_pad is SAME_UPPER"),
        (conv_with(dilations=[2, 2]), "'n_c' (Conv): attribute dilations is [2, 2]"),
        (
            conv_with(group=2),
            "'n_c' (Conv): attribute group is 2 with 4 input and 4 output channels; accepted: 1,",
        ),
        (conv_with(group=4, w_shape=(8, 1, 3, 3)), "group is 4 with 4 input and 8 output channels"),
        (conv_with(group=8, w_shape=(8, 1, 3, 3)), "group is 8 with 4 input and 8 output channels"),
        (conv_with(group=4, w_shape=(4, 2, 3, 3)), "input has 4 channels; 8, those of the weights"),
        (conv_with(pads=[3, 0, 0, 0]), "pads is (3, 0, 0, 0); 4 values from 0 to less than"),
        (pool_with("MaxPool", ceil_mode=1), "'n_p' (MaxPool): attribute ceil_mode is 1"),
        (pool_with("MaxPool", storage_order=1), "(MaxPool): attribute storage_order is 1"),
        (pool_with("MaxPool", dilations=[1, 2]), "(MaxPool): attribute dilations is [1, 2]"),
        (
            pool_with("AveragePool", pads=[1, 0, 0, 0], count_include_pad=1),
            "(AveragePool): attribute count_include_pad is 1",
        ),
        (
            pool_with("AveragePool", scale=0.06, pads=[1, 0, 0, 0]),
            "(AveragePool): scale or zero point changes and there is padding",
        ),
        (gemm_with(transB=1, alpha=0.5), "'n_g' (Gemm): attribute alpha is 0.5"),
        (gemm_with(transB=1, beta=2.0), "(Gemm): attribute beta is 2.0"),
        (gemm_with(transB=1, transA=1), "(Gemm): attribute transA is 1"),
        (gemm_with(transB=1, axis=1), "weights have a scale for each input"),
        (node_on_input("Tanh"), "'n_g' (Tanh): operator is not supported; supported are Add"),
        (node_on_input("Transpose", perm=[0, 1, 2]), "attribute perm is [0, 1, 2]"),
        (node_on_input("Relu", shape=(2, 4)), "a batch (first dimension) of 1"),
    ],
)
def test_refuses_in_one_line_that_names_node_and_attribute(tmp_path, model, words):
    message = refusal(tmp_path, model())
    assert words in message
    assert message.startswith("model.onnx: ")


def test_refuses_float_models_and_old_or_unknown_opsets(tmp_path):
    net = Net()
    net.node("Relu", ["x"], "y")
    assert "not quantised" in refusal(tmp_path, net.model("y", net.in_shape))
    for opset in (9, 10, 99):
        net = Net()
        y = net.quantize("x", 0.1, 0)
        net.opset = opset
        assert f"opset is {opset}; 11.." in refusal(tmp_path, net.model(y, net.in_shape))


def test_refuses_other_domains_and_external_data(tmp_path):
    model = whole_network()
    model.graph.node[-1].domain = "com.microsoft"
    assert "operator of domain com.microsoft is not supported" in refusal(tmp_path, model)
    model = whole_network()
    model.graph.initializer[3].data_location = TensorProto.EXTERNAL
    assert "is in another file" in refusal(tmp_path, model)


def test_refuses_what_is_not_quantised_all_the_way(tmp_path):
    net = Net()
    c = convolution(net, net.quantize("x", 0.05, 0))
    assert "model output 'c' is not quantised" in refusal(tmp_path, net.model(c, (1, 4, 4, 3)))
    net = Net()
    net.quantize("x", 0.05, 0)
    c = convolution(net, "x")
    y = net.quantize(c, 0.1, 0)
    assert "'n_c' (Conv): input is not quantised" in refusal(tmp_path, net.model(y, (1, 4, 4, 3)))
    net = Net()
    x = net.quantize("x", 0.05, 0)
    net.constant("w", np.ones((4, 2, 3, 3), np.float32))
    y = net.quantize(net.node("Conv", [x, "w"], "c"), 0.1, 0)
    assert "weights are not quantised" in refusal(tmp_path, net.model(y, (1, 4, 4, 3)))


def test_refuses_an_output_that_is_limited_after_its_quantisation(tmp_path):
    net = Net()
    net.node("Relu", [net.quantize("x", 0.05, 0)], "y")
    assert "model output 'y' is not quantised" in refusal(tmp_path, net.model("y", net.in_shape))


def test_refuses_an_output_of_another_shape_than_declared(tmp_path):
    net = Net()
    y = net.quantize(convolution(net, net.quantize("x", 0.05, 0)), 0.1, 0)
    message = refusal(tmp_path, net.model(y, (1, 4, 3, 4)))
    assert "is declared (1, 4, 3, 4) and computed (1, 4, 4, 3)" in message


def test_refuses_a_dequantisation_with_another_scale(tmp_path):
    net = Net()
    x = net.quantize("x", 0.05, 0)
    other = net.scale("other", 0.06, 0)
    x = net.node("DequantizeLinear", ["x_q", *other], "z")
    y = net.quantize(convolution(net, x), 0.1, 0)
    assert "are not those of its QuantizeLinear" in refusal(tmp_path, net.model(y, (1, 4, 4, 3)))


def test_a_change_of_scale_in_the_middle_is_refused_by_name(tmp_path):
    net = Net((1, 2, 6, 6))
    c = net.quantize(convolution(net, net.quantize("x", 0.05, 0)), 0.05, 0)
    p = net.quantize(net.node("MaxPool", [c], "p", kernel_shape=[2, 2]), 0.07, 0)
    y = net.quantize(convolution(net, p, "e", (4, 4, 3, 3)), 0.1, 0)
    graph = load(write(tmp_path, net.model(y, (1, 4, 1, 1))))
    with pytest.raises(InputError, match=r"layer 'n_p_q' \(QuantizeLinear\).*in the middle"):
        legalise(graph)


def test_bears_damage(tmp_path):
    whole = whole_network().SerializeToString()
    path = tmp_path / "model.onnx"
    random = np.random.default_rng(SEED)
    contents = [whole[:length] for length in random.integers(len(whole), size=60)]
    for _ in range(200):
        content = bytearray(whole)
        for place in random.integers(len(whole), size=4):
            content[place] = random.integers(256)
        contents.append(bytes(content))
    refused = 0
    for content in contents:
        path.write_bytes(content)
        try:
            load(path)
        except InputError as error:
            refused += "\n" not in str(error)
    assert refused > 60
