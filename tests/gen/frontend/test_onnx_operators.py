"""Every operator of the ONNX reader on small QDQ graphs, each within one step of onnxruntime."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx_models import SEED, Net, convolution, write

from zeroleap.gen.frontend import load
from zeroleap.sim.reference import network

runtime = pytest.importorskip("onnxruntime")


def compared(tmp_path, model, steps=1, inputs=None, spread=20):
    """Run the model here and in onnxruntime on random inputs; return the graph.

    The model's outputs must be within ``steps`` of their scale. Onnxruntime runs the graph as it
    stands, in floats between DequantizeLinear and QuantizeLinear.
    """
    onnx.checker.check_model(model, full_check=True)
    graph = load(write(tmp_path, model))
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    random = np.random.default_rng(SEED)
    seen = {}
    for _ in range(3):
        given = {}
        for name in graph.inputs:
            shape = graph.tensors[name].shape
            given[name] = random.uniform(-7, 7, shape).astype(np.float32)
        theirs = dict(zip(graph.outputs, session.run(list(graph.outputs), given), strict=True))
        ours = network.run(graph, given)
        for name in graph.outputs:
            source = graph.tensors[graph.producer(name).input]
            assert ours[name].shape == theirs[name].shape
            difference = np.abs(ours[name] - theirs[name]) / source.scale
            assert difference.max() <= steps + 1e-3, name
            seen.setdefault(name, []).append(np.round(ours[name] / source.scale))
    for values in seen.values():
        assert np.ptp(values) > spread  # not all saturated or zero
    return graph


def of_kind(graph, kind):
    return [op for op in graph if op.kind == kind]


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
    # a rescaled operand of Max and Min is rounded once more; here its steps are larger
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
    graph = compared(tmp_path, after_first(net, z), spread=10)
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
    graph = compared(tmp_path, net.model(net.quantize(z, *target), net.in_shape), spread=spread)
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


@pytest.mark.parametrize("value", [None, 0.0, 1.3, -3.4028235e38])
@pytest.mark.parametrize("pads", [[0, 0, 1, 2, 0, 0, 0, 3], [0, 2, 0, 0, 0, 1, 0, 0]])
@pytest.mark.parametrize("unsigned", [False, True])
def test_pads_with_a_value(tmp_path, pads, value, unsigned):
    net = Net((1, 3, 4, 5), unsigned)
    inputs = [net.quantize("x", 0.06, -11), net.constant("p", np.array(pads))]
    if value is not None:
        inputs.append(net.constant("v", np.float32(value)))
    z = net.quantize(net.node("Pad", inputs, "z"), 0.06, -11)
    shape = np.add(net.in_shape, np.add(pads[:4], pads[4:])).tolist()
    graph = compared(tmp_path, net.model(z, shape))
    (layer,) = of_kind(graph, "pad")
    assert layer.value == {None: -11, 0.0: -11, 1.3: 11}.get(value, -128)


def test_pads_named_axes_after_a_convolution(tmp_path):
    net = Net((1, 2, 6, 5))
    net.opset = 18
    c = net.quantize(convolution(net, net.quantize("x", 0.05, 3)), 0.05, -4)
    axes = net.constant("axes", np.array([-1, 2]))
    inputs = [c, net.constant("p", np.array([1, 0, 2, 3])), "", axes]
    z = net.quantize(net.node("Pad", inputs, "z"), 0.05, -4)
    graph = load(write(tmp_path, net.model(z, (1, 4, 7, 6))))
    (layer,) = of_kind(graph, "pad")
    assert layer.pads == ((0, 0), (0, 3), (1, 2), (0, 0))


@pytest.mark.parametrize(
    ("starts", "ends", "axes", "steps", "shape"),
    [
        ([1], [3], [1], None, (1, 2, 6, 5)),
        ([0, -2], [100, 2**62], [2, 3], [2, 1], (1, 4, 3, 2)),
        ([-1], [-100], [3], [-2], (1, 4, 6, 3)),
        ([0, 1, 2, 3], [1, 3, 5, 4], None, None, (1, 2, 3, 1)),
        ([4], [-(2**62)], [-2], [-1], (1, 4, 5, 5)),
    ],
)
def test_slices(tmp_path, starts, ends, axes, steps, shape):
    net = Net((1, 4, 6, 5))
    names = ["", ""]
    for i, given in enumerate((axes, steps)):
        if given is not None:
            names[i] = net.constant(f"k{i}", np.array(given))
    bounds = [net.constant("s", np.array(starts)), net.constant("e", np.array(ends))]
    z = net.node("Slice", [net.quantize("x", 0.06, -11), *bounds, *names], "z")
    compared(tmp_path, net.model(net.quantize(z, 0.06, -11), shape))


@pytest.mark.parametrize(
    ("opset", "attributes", "lengths", "sizes"),
    [
        (17, {}, [1, 4, 2], [1, 4, 2]),
        (17, {}, None, [2, 2, 3]),
        (11, {"split": [1, 4, 2]}, None, [1, 4, 2]),
        (18, {"num_outputs": 3}, None, [3, 3, 1]),
    ],
)
def test_splits(tmp_path, opset, attributes, lengths, sizes):
    total = 6 if sizes == [2, 2, 3] else 7
    sizes = [2, 2, 2] if total == 6 else sizes
    net = Net((1, total, 4, 3))
    net.opset = opset
    inputs = [net.quantize("x", 0.06, -11)]
    if lengths:
        inputs.append(net.constant("k", np.array(lengths)))
    names = [f"part{i}" for i in range(3)]
    net.nodes.append(helper.make_node("Split", inputs, names, "n_s", axis=1, **attributes))
    outputs = [net.quantize(name, 0.06, -11) for name in names]
    model = net.model(outputs[0], (1, sizes[0], 4, 3))
    for output, size in zip(outputs[1:], sizes[1:], strict=True):
        item = helper.make_tensor_value_info(output, TensorProto.FLOAT, (1, size, 4, 3))
        model.graph.output.append(item)
    graph = compared(tmp_path, model)
    assert [op.begin[1] for op in of_kind(graph, "slice")] == [0, sizes[0], sizes[0] + sizes[1]]


@pytest.mark.parametrize(
    "mode", ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"]
)
@pytest.mark.parametrize("rounding", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
@pytest.mark.parametrize(
    "size", [{"scales": [1, 1, 2, 2]}, {"scales": [1, 1, 0.6, 2.5]}, {"sizes": [1, 3, 7, 1]}]
)
def test_resizes_to_the_nearest(tmp_path, mode, rounding, size):
    net = Net((1, 3, 4, 5))
    (what, numbers), *_ = size.items()
    kind = np.float32 if what == "scales" else np.int64
    given = net.constant("size", np.array(numbers, kind))
    inputs = [net.quantize("x", 0.06, -11), "", *([given] if what == "scales" else ["", given])]
    z = net.node(
        "Resize",
        inputs,
        "z",
        coordinate_transformation_mode=mode,
        nearest_mode=rounding,
        mode="nearest",
    )
    height, width = {1: (8, 10), 2: (2, 12), 3: (7, 1)}[
        1 if numbers[-1] == 2 else 2 if what == "scales" else 3
    ]
    compared(tmp_path, net.model(net.quantize(z, 0.06, -11), (1, 3, height, width)))


@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axes", [[2, 3], [-1], [2], [1], [1, 3]])
@pytest.mark.parametrize("opset", [17, 18])
def test_means(tmp_path, opset, axes, keepdims):
    net = Net((1, 3, 4, 5))
    net.opset = opset
    x = net.quantize("x", 0.06, -11)
    if opset == 18:
        z = net.node("ReduceMean", [x, net.constant("a", np.array(axes))], "z", keepdims=keepdims)
    else:
        z = net.node("ReduceMean", [x], "z", axes=axes, keepdims=keepdims)
    places = {axis % 4 for axis in axes}
    lengths = [1 if axis in places else n for axis, n in enumerate(net.in_shape)]
    if not keepdims:
        lengths = [n for axis, n in enumerate(lengths) if axis not in places]
    compared(tmp_path, net.model(net.quantize(z, 0.03, 5), lengths))


@pytest.mark.parametrize("scale", [(0.06, -11), (0.03, 4)])
@pytest.mark.parametrize(
    ("kind", "attributes", "shape"),
    [
        ("AveragePool", {"pads": [1, 0, 1, 1], "count_include_pad": 1}, (5, 5)),
        (
            "AveragePool",
            {"auto_pad": "SAME_UPPER", "count_include_pad": 1, "strides": [2, 2]},
            (2, 3),
        ),
        ("GlobalAveragePool", {}, (1, 1)),
    ],
)
def test_averages_that_change_the_scale(tmp_path, kind, attributes, shape, scale):
    net = Net((1, 3, 4, 5))
    if kind == "AveragePool":
        attributes = {**attributes, "kernel_shape": [2, 2]}
    z = net.node(kind, [net.quantize("x", 0.06, -11)], "z", **attributes)
    spread = 10 if kind == "GlobalAveragePool" else 20
    compared(tmp_path, net.model(net.quantize(z, *scale), (1, 3, *shape)), spread=spread)


@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ({"ceil_mode": 1, "strides": [2, 2]}, (4, 5)),
        ({"ceil_mode": 1, "strides": [3, 3], "pads": [1, 1, 1, 1]}, (3, 4)),
        ({"ceil_mode": 1, "strides": [2, 3], "pads": [0, 2, 2, 1]}, (4, 4)),
        ({"auto_pad": "SAME_UPPER", "strides": [2, 3]}, (4, 4)),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 3]}, (4, 4)),
        ({"auto_pad": "SAME_LOWER"}, (8, 10)),
    ],
)
def test_windows_at_the_border(tmp_path, kind, attributes, shape):
    net = Net((1, 2, 8, 10))
    z = net.node(kind, [net.quantize("x", 0.06, -11)], "z", kernel_shape=[3, 3], **attributes)
    # onnx infers one more where the last window would begin behind the map
    model = net.model(net.quantize(z, 0.06, -11), (1, 2, "height", "width"))
    graph = compared(tmp_path, model)
    assert graph.tensors[graph.outputs[0]].shape == (1, 2, *shape)


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize(
    ("channels", "attributes", "w_shape", "shape"),
    [
        (4, {"group": 2}, (6, 2, 3, 3), (6, 6, 5)),
        (4, {"group": 4}, (8, 1, 3, 3), (8, 6, 5)),
        (4, {"dilations": [2, 3]}, (3, 4, 3, 2), (3, 4, 4)),
        (4, {"dilations": [3, 2], "pads": [4, 1, 6, 2]}, (3, 4, 3, 3), (3, 12, 6)),
        (4, {"group": 4, "dilations": [1, 2], "strides": [2, 1]}, (4, 1, 3, 3), (4, 3, 3)),
        (2, {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (3, 2, 4, 3), (3, 4, 4)),
        (2, {"auto_pad": "SAME_LOWER"}, (3, 2, 2, 3), (3, 8, 7)),
        (2, {"auto_pad": "VALID"}, (3, 2, 8, 1), (3, 1, 7)),
    ],
)
def test_convolutions_in_groups_with_gaps_and_at_the_border(
    tmp_path, channels, attributes, w_shape, shape, unsigned
):
    net = Net((1, channels, 8, 7), unsigned)
    c = convolution(net, net.quantize("x", 0.05, -5), w_shape=w_shape, **attributes)
    graph = compared(tmp_path, net.model(net.quantize(c, 0.2, 3), (1, *shape)))
    group = attributes.get("group", 1)
    is_depthwise = group == channels == w_shape[0]
    (layer,) = (op for op in graph if op.source == "Conv")
    assert layer.kind == ("depthwise" if is_depthwise else "conv")
    assert layer.dilation == tuple(attributes.get("dilations", (1, 1)))
    if not is_depthwise:
        assert layer.groups == group


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
    y = net.node(
        "Add", [net.node("MatMul", [m, w], "mm"), net.constant("b", np.ones(3, np.float32))], "y"
    )
    graph = compared(tmp_path, net.model(net.quantize(y, 0.01, 0), ("batch", 3)), steps=4)
    kinds = [op.kind for op in graph]
    assert kinds[:4] == ["quantize", "conv", "depthwise", "add"]
    assert "transpose" not in kinds
