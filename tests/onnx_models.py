"""Writes small quantised (QDQ) ONNX graphs."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load

SEED = 7
LITTLE, LARGE = (0.02, 7), (0.2, -11)
"""Scales and zero points."""


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


def transposed(net, x, out="t", w_shape=(2, 3, 3, 3), axis=1, **attributes):
    channels = w_shape[1] * max(1, attributes.get("group", 1))
    weights = net.weights(f"{out}_w", w_shape, axis, scales=[0.01] * w_shape[axis])
    bias = net.bias(f"{out}_b", channels, 0.05 * 0.01)
    return net.node("ConvTranspose", [x, weights, bias], out, **attributes)


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


def operator_network():
    """Return a model with every operator that `whole_network` lacks."""
    net = Net((1, 4, 6, 6))
    x = net.quantize("x", 0.05, -5)
    c = convolution(net, x, "c", (4, 2, 3, 3), group=2, dilations=[2, 2], pads=[2] * 4)
    c = net.quantize(c, 0.05, 3)
    c = transposed(net, c, "c2", w_shape=(4, 4, 2, 3), strides=[2, 2], output_shape=[6, 6])
    c = net.quantize(c, 0.05, 3)
    factors = [net.constant(f"f{i}", np.full(4, 0.5 + i, np.float32)) for i in range(4)]
    c = net.quantize(net.node("BatchNormalization", [c, *factors], "n"), 0.05, 3)
    s = net.quantize(net.node("Add", [x, c], "s"), 0.08, 0)
    k = net.constant("k", np.arange(4, dtype=np.int8).reshape(4, 1, 1))
    k = net.node("DequantizeLinear", [k, *net.scale("k", 0.1, 1)], "k_d")
    s = net.quantize(net.node("Mul", [s, k], "m"), 0.03, 0)
    s = net.quantize(net.node("Sub", [s, x], "d"), 0.03, 0)
    s = net.quantize(net.node("Max", [s, x], "u"), 0.04, 0)
    s = net.quantize(net.node("Min", [s, c], "v"), 0.04, 0)
    net.nodes.append(helper.make_node("Split", [s], ["h0", "h1"], "n_h", axis=1))
    h = [net.quantize(name, 0.04, 0) for name in ("h0", "h1")]
    g = net.node("Mul", [h[0], net.node("HardSigmoid", [h[0]], "hs")], "g")
    g = net.quantize(g, 0.03, -20)
    t = net.quantize(net.node("Tanh", [net.node("LeakyRelu", [h[1]], "l")], "t"), 1 / 128, 0)
    j = net.quantize(net.node("Concat", [g, t], "j", axis=1), 0.03, -10)
    bounds = [net.constant(f"b{i}", np.array([k])) for i, k in enumerate((-1, -9, 2, -1))]
    j = net.quantize(net.node("Slice", [j, *bounds], "e"), 0.03, -10)
    pads = net.constant("pads", np.array([0, 0, 1, 0, 0, 0, 0, 2]))
    j = net.quantize(net.node("Pad", [j, pads], "p"), 0.03, -10)
    size = net.constant("size", np.array([1, 1, 2, 0.5], np.float32))
    j = net.quantize(net.node("Resize", [j, "", size], "z", mode="nearest"), 0.03, -10)
    size = net.constant("between", np.array([1, 1, 0.5, 2], np.float32))
    j = net.quantize(net.node("Resize", [j, "", size], "a", mode="linear"), 0.03, -10)
    j = net.node("Transpose", [j], "w", perm=[0, 2, 3, 1])
    j = net.node("Squeeze", [j, net.constant("axes", np.array([0]))], "q")
    j = net.node("Unsqueeze", [j, "axes"], "i")
    j = net.quantize(net.node("ReduceMean", [j], "r", axes=[1, 2], keepdims=0), 0.01, 0)
    return net.model(net.quantize(net.node("Elu", [j], "o"), 0.01, 0), (1, 4))


class Integers(Net):
    """Writes a QOperator graph, a line a layer."""

    def __init__(self, in_shape, unsigned=False):
        super().__init__(in_shape, unsigned)
        self.scales = {}

    def of(self, name, scale, zero_point):
        """Remember what ``name`` means; return it."""
        if self.dtype == np.uint8:
            zero_point += 128
        self.scales[name] = [
            self.constant(f"{name}_s", np.float32(scale)),
            self.constant(f"{name}_z", np.array(zero_point).astype(self.dtype)),
        ]
        return name

    def input(self, scale=0.05, zero_point=-5):
        self.of("q", scale, zero_point)
        return self.node("QuantizeLinear", ["x", *self.scales["q"]], "q")

    def triple(self, name):
        return [name, *self.scales[name]]

    def weights(self, name, shape, axis=0, scales=0.01):
        count = shape[axis] if np.ndim(scales) else ()
        self.constant(name, self.random.integers(-127, 128, shape).astype(np.int8))
        self.constant(f"{name}_s", np.broadcast_to(np.float32(scales), count).copy())
        self.constant(f"{name}_z", np.zeros(count, np.int8))
        return [name, f"{name}_s", f"{name}_z"]

    def layer(self, kind, inputs, output, scale, after=(), **attributes):
        self.of(output, *scale)
        domain = "" if kind in ("QLinearConv", "QLinearMatMul") else "com.microsoft"
        names = [*inputs, *self.scales[output], *after]
        if kind == "QLinearConcat":
            names = [*self.scales[output], *inputs]
        return self.node(kind, names, output, domain=domain, **attributes)

    def finish(self, last, shape=None, output=None):
        output = self.node("DequantizeLinear", self.triple(last) if output is None else output, "y")
        model = self.model(output, shape or ("a", "b"))
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
        return model


def integer_network():
    """Return a QOperator model."""
    net = Integers((1, 4, 7, 6))
    x = net.input()
    inputs = [*net.triple(x), *net.weights("w", (4, 4, 3, 3))]
    c = net.layer("QLinearConv", inputs, "c", LARGE, pads=[1] * 4)
    a = net.layer("QLinearAdd", [*net.triple(x), *net.triple(c)], "a", LARGE)
    j = net.layer("QLinearConcat", [*net.triple(x), *net.triple(a)], "j", LARGE, axis=1)
    g = net.layer("QLinearGlobalAveragePool", net.triple(j), "g", LITTLE)
    net.scales["f"] = net.scales[g]
    f = net.node("Flatten", [g], "f")
    inputs = [*net.triple(f), *net.weights("v", (8, 3), 1), ""]
    return net.finish(net.layer("QGemm", inputs, "d", LARGE), (1, 3))
