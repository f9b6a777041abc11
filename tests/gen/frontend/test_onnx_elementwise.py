"""Elementwise operators, functions and joins, within one step of onnxruntime."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx_models import SEED, Net, convolution, refusal, write
from onnx_oracle import compared, of_kind

from zeroleap.gen.frontend import load


class Two(Net):
    """Two inputs, x and y."""

    def model(self, output, out_shape, y_shape=None):
        model = super().model(output, out_shape)
        if y_shape is not None:
            item = helper.make_tensor_value_info("y", TensorProto.FLOAT, y_shape)
            model.graph.input.append(item)
        return model


def constant_operand(net, name, array, scale, zero_point):
    """Return a dequantised constant; ``array`` is int8, or the same as uint8."""
    array = np.asarray(array)
    if net.dtype == np.uint8:
        array, zero_point = (array.astype(np.int16) + 128).astype(np.uint8), zero_point + 128
    net.constant(name, array)
    return net.node("DequantizeLinear", [name, *net.scale(name, scale, zero_point)], f"{name}_d")


BINARY = {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Max": "maximum", "Min": "minimum"}
SCALES = {"Add": 0.09, "Sub": 0.1, "Mul": 0.31, "Max": 0.06, "Min": 0.055}


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("kind", BINARY)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1, 3, 4, 5), (1, 3, 4, 5)),
        ((1, 3, 4, 5), (1, 3, 1, 1)),
        ((1, 1, 1, 5), (1, 3, 4, 1)),
        ((1, 6), (1, 6)),
        ((1, 4, 6), (1, 1, 6)),
    ],
)
def test_two_values_element_by_element(tmp_path, kind, first, second, unsigned):
    net = Two(first, unsigned)
    x, y = net.quantize("x", 0.06, -11), net.quantize("y", 0.05, 7)
    z = net.quantize(net.node(kind, [x, y], "z"), SCALES[kind], 5)
    shape = np.broadcast_shapes(first, second)
    graph = compared(tmp_path, net.model(z, shape, second))
    (layer,) = of_kind(graph, BINARY[kind])
    assert (layer.name, layer.source) == ("n_z", kind)


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("kind", BINARY)
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("shape", [(), (1,), (4, 1, 1), (1, 4, 1, 1), (1, 4, 4, 3)])
def test_a_constant_operand(tmp_path, kind, swapped, shape, unsigned):
    net = Net((1, 2, 6, 5), unsigned)
    x = net.quantize(convolution(net, net.quantize("x", 0.05, 3)), 0.05, -4)
    array = np.random.default_rng(SEED).integers(-128, 128, shape).astype(np.int8)
    if array.size == 1:
        array = np.full(shape, 77, np.int8)
    k = constant_operand(net, "k", array, 0.05, 9)
    z = net.quantize(net.node(kind, [k, x] if swapped else [x, k], "z"), SCALES[kind], 5)
    graph = load(write(tmp_path, net.model(z, (1, 4, 4, 3))))
    graph = compared(tmp_path, after_first(net, z), values=10)
    (layer,) = of_kind(graph, BINARY[kind])
    assert [name in graph.constants for name in layer.inputs] == [swapped, not swapped]


def after_first(net, z):
    """The same operator on a quantised input instead of on a convolution: one layer alone."""
    alone = Net((1, 4, 4, 3), net.dtype == np.uint8)
    alone.constants = [c for c in net.constants if not c.name.startswith("c")]
    alone.constants = [c for c in alone.constants if c.name not in ("x_s", "x_z")]
    x = alone.quantize("x", 0.05, -4)
    for node in net.nodes:
        if node.name.startswith(("n_k", "n_z")):
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.input[:] = [x if name == "c_d" else name for name in node.input]
            alone.nodes.append(copy)
    return alone.model(z, (1, 4, 4, 3))


def test_a_residual_sum_stays_channels_last_and_takes_its_relu(tmp_path):
    net = Net((1, 3, 6, 5))
    x = net.quantize("x", 0.05, 3)
    a = net.quantize(convolution(net, x, "a", (4, 3, 3, 3), pads=[1] * 4), 0.05, -4)
    b = net.quantize(convolution(net, x, "b", (4, 3, 1, 1)), 0.03, 20)
    s = net.node("Relu", [net.node("Add", [a, b], "s")], "r")
    graph = load(write(tmp_path, net.model(net.quantize(s, 0.06, -100), (1, 4, 6, 5))))
    kinds = [op.kind for op in graph]
    assert kinds == ["quantize", "transpose", "conv", "conv", "add", "transpose", "dequantize"]
    (layer,) = of_kind(graph, "add")
    assert layer.clamp == (-100, 127)
    assert graph.tensors[layer.output].shape == (1, 6, 5, 4)


@pytest.mark.parametrize("target", [(0.05, -11), (0.03, 4), (1 / 256, -128), (1 / 128, 0)])
@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize(
    ("kind", "attributes", "opset"),
    [
        ("LeakyRelu", {}, 17),
        ("LeakyRelu", {"alpha": 0.3}, 17),
        ("Sigmoid", {}, 17),
        ("Tanh", {}, 17),
        ("HardSwish", {}, 17),
        ("HardSigmoid", {}, 17),
        ("HardSigmoid", {"alpha": 1 / 6}, 17),
        ("Elu", {"alpha": 0.5}, 17),
        ("Relu", {}, 17),
    ],
)
def test_functions_of_one_value(tmp_path, kind, attributes, opset, target, unsigned):
    net = Net((1, 3, 4, 5), unsigned)
    net.opset = opset
    z = net.node(kind, [net.quantize("x", 0.05, -11)], "z", **attributes)
    spread = 5 if kind != "Relu" else 3
    graph = compared(tmp_path, net.model(net.quantize(z, *target), net.in_shape), values=spread)
    assert len(of_kind(graph, "table")) == (kind != "Relu" or target != (0.05, -11))


def test_what_stands_between_two_quantisations_is_one_table(tmp_path):
    net = Net((1, 3, 4, 5))
    x = net.quantize("x", 0.05, -11)
    three, six = net.constant("three", np.float32(3)), net.constant("six", np.float32([6]))
    sixth = net.constant("sixth", np.float32(1 / 6))
    gate = net.node(
        "Clip", [net.node("Add", [x, three], "a"), net.constant("o", np.float32(0)), six], "c"
    )
    z = net.node("Mul", [net.node("Mul", [x, gate], "m"), sixth], "z")
    graph = compared(tmp_path, net.model(net.quantize(z, 0.05, -120), net.in_shape))
    assert [op.kind for op in graph] == ["quantize", "table", "dequantize"]


def test_silu_and_a_difference_from_a_number(tmp_path):
    net = Net((1, 3, 4, 5))
    x = net.quantize("x", 0.05, -11)
    silu = net.node("Mul", [x, net.node("Sigmoid", [x], "s")], "m")
    z = net.node("Sub", [net.constant("one", np.float32(1)), silu], "z")
    z = net.node("Min", [z, net.constant("half", np.float32(0.5))], "n")
    graph = compared(tmp_path, net.model(net.quantize(z, 0.05, 90), net.in_shape))
    assert [op.kind for op in graph] == ["quantize", "table", "dequantize"]


def test_clip_as_relu6_that_changes_the_scale(tmp_path):
    net = Net((1, 3, 4, 5))
    low, high = net.constant("low", np.float32(0)), net.constant("high", np.float32(6))
    z = net.node("Clip", [net.quantize("x", 0.05, -11), low, high], "z")
    graph = compared(tmp_path, net.model(net.quantize(z, 6 / 255, -128), net.in_shape))
    (table,) = of_kind(graph, "table")
    assert table.values.min() == -128
    assert table.values.max() == 127


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("axis", [1, 2, -1])
def test_concatenation_brings_its_inputs_to_one_scale(tmp_path, axis, unsigned):
    shapes = [[1, 3, 4, 5], [1, 3, 4, 5]]
    shapes[1][axis] = 2
    net = Two(tuple(shapes[0]), unsigned)
    x, y = net.quantize("x", 0.06, -11), net.quantize("y", 0.05, 7)
    constant_shape = [1, 3, 4, 5]
    constant_shape[axis] = 1
    k = constant_operand(net, "k", np.full(constant_shape, 31, np.int8), 0.05, 3)
    z = net.quantize(net.node("Concat", [x, y, k, x], "z", axis=axis), 0.06, -11)
    out = [1, 3, 4, 5]
    out[axis] = 2 * shapes[0][axis] + 3
    graph = compared(tmp_path, net.model(z, out, shapes[1]))
    assert len(of_kind(graph, "table")) == 1  # of y; x has the result's scale
    (layer,) = of_kind(graph, "concatenate")
    assert layer.axis == axis % 4


def test_limits_reach_the_parts_of_a_concatenation(tmp_path):
    net = Two((1, 3, 4, 5))
    x, y = net.quantize("x", 0.06, -11), net.quantize("y", 0.05, 7)
    z = net.node("Concat", [net.node("Relu", [x], "r"), y], "z", axis=1)
    high = net.constant("high", np.float32(3))
    z = net.node("Clip", [z, "", high], "k")
    compared(tmp_path, net.model(net.quantize(z, 0.06, -11), (1, 6, 4, 5), (1, 3, 4, 5)))


def test_a_chain_as_tf2onnx_writes_it(tmp_path):
    """Channels last outside, one Transpose each way, a symbolic batch, weights per channel."""
    net = Net(("batch", 6, 5, 2))
    x = net.node("Transpose", [net.quantize("x", 0.05, 0)], "t", perm=[0, 3, 1, 2])
    low, high = net.constant("low", np.float32(0)), net.constant("high", np.float32(6))
    c = net.node("Clip", [convolution(net, x, pads=[1] * 4), low, high], "k")
    c = net.quantize(c, 6 / 255, -128)
    d = net.quantize(convolution(net, c, "d", (4, 1, 3, 3), group=4, pads=[1] * 4), 0.05, 0)
    s = net.quantize(net.node("Add", [c, d], "s"), 0.06, -10)
    m = net.node("ReduceMean", [s], "m", axes=[2, 3], keepdims=0)
    m = net.quantize(m, 0.03, 0)
    w = net.weights("w", (4, 3), axis=1)
    bias = net.constant("b", np.ones(3, np.float32))
    y = net.node("Add", [net.node("MatMul", [m, w], "mm"), bias], "y")
    graph = compared(tmp_path, net.model(net.quantize(y, 0.03, 0), ("batch", 3)), steps=2, values=3)
    kinds = [op.kind for op in graph]
    assert kinds[:4] == ["quantize", "conv", "depthwise", "add"]
    assert "transpose" not in kinds


def test_refuses_a_number_that_adds_dimensions(tmp_path):
    net = Net((1, 6))
    one = net.constant("one", np.ones((1, 1, 1), np.float32))
    z = net.node("Add", [net.quantize("x", 0.05, 3), one], "z")
    model = net.model(net.quantize(z, 0.05, 3), (1, 1, 6))
    assert "'n_z' (Add): input 1 is not quantised" in refusal(tmp_path, model)
