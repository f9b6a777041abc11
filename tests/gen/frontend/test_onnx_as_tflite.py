"""ONNX operators that say what TensorFlow Lite ones say: the integers of tflite-micro, exactly.

Graphs are as tf2onnx writes them: channels last at their ends, a Transpose before and after what
ONNX defines with channels first.
"""

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_models import Net, write
from oracle import output_of, outputs_of
from qdq_conversion import converted
from tflite_models import REAL, Value, activation, integers, pool, random_layer, single, softmax

from zeroleap.gen.frontend import load
from zeroleap.sim.reference import network

INT8 = TensorProto.INT8
CLIPS = {"NONE": None, "RELU": (0, None), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}
FIRST, LAST = [0, 3, 1, 2], [0, 2, 3, 1]


class Graph(Net):
    """Inputs ``x0`` … and outputs ``y0`` … of int8, as `Value`s have them."""

    def __init__(self, sources):
        super().__init__()
        self.sources = sources
        self.reals = [self.read(f"x{i}", value) for i, value in enumerate(sources)]

    def read(self, name, value):
        if value.data is not None:
            self.constant(name, np.reshape(np.asarray(value.data, np.int8), value.shape))
        scale = self.scale(name, value.scale, value.zero_point)
        return self.node("DequantizeLinear", [name, *scale], f"{name}_d")

    def clipped(self, name, kind):
        if CLIPS[kind] is None:
            return name
        if kind == "RELU":
            return self.node("Relu", [name], f"{name}_r")
        bounds = [self.constant(f"{name}_{i}", np.float32(b)) for i, b in enumerate(CLIPS[kind])]
        return self.node("Clip", [name, *bounds], f"{name}_r")

    def results(self, tmp_path, reals, targets, *values):
        """Return what the reference makes of ``values``."""
        inputs = [
            helper.make_tensor_value_info(f"x{i}", INT8, value.shape)
            for i, value in enumerate(self.sources)
            if value.data is None
        ]
        outputs = []
        for i, (real, value) in enumerate(zip(reals, targets, strict=True)):
            scale = self.scale(f"y{i}", value.scale, value.zero_point)
            self.node("QuantizeLinear", [real, *scale], f"y{i}")
            outputs.append(helper.make_tensor_value_info(f"y{i}", INT8, value.shape))
        graph = helper.make_graph(self.nodes, "net", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", self.opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        read = load(write(tmp_path, model))
        done = network.run(read, dict(zip(read.inputs, values, strict=True)))
        return [done[name] for name in read.outputs]


def end(rng):
    return float(np.float32(rng.uniform(0.01, 0.2))), int(rng.integers(-128, 128))


def random_int8(rng, shape):
    return rng.integers(-128, 128, shape).astype(np.int8)


ELEMENTWISE = {"ADD": "Add", "SUB": "Sub", "MUL": "Mul", "MAXIMUM": "Max", "MINIMUM": "Min"}


@pytest.mark.parametrize("code", ELEMENTWISE)
@pytest.mark.parametrize("seed", range(12))
def test_of_two_values(tmp_path, code, seed):
    rng = np.random.default_rng(seed)
    shapes, constant = [
        (((1, 3, 4, 5), (1, 3, 4, 5)), None),
        (((1, 3, 4, 1), (1, 1, 4, 5)), None),
        (((1, 40), (40,)), 1),
        (((1,), (1, 3, 4, 5)), 0),
    ][seed % 4]
    ends = [end(rng) for _ in range(3)]
    kind = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"][seed // 3]
    options, fused = f"{code.title()}Options", activation(kind)
    if code in ("MAXIMUM", "MINIMUM"):
        ends, kind, options, fused = ends[:1] * 3, "NONE", "MaximumMinimumOptions", {}
    sources = [Value(shape, *ends[i]) for i, shape in enumerate(shapes)]
    values = [random_int8(rng, shape) for shape in shapes]
    if constant is not None:
        sources[constant].data = values.pop(constant)
    target = Value(np.broadcast_shapes(*shapes), *ends[2])
    expected = output_of(single(code, sources, [target], options, **fused), *values)
    graph = Graph(sources)
    real = graph.clipped(graph.node(ELEMENTWISE[code], graph.reals, "r"), kind)
    [found] = graph.results(tmp_path, [real], [target], *values)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("code", "kind", "options", "fixed"),
    [
        ("LOGISTIC", "Sigmoid", None, (1 / 256, -128)),
        ("TANH", "Tanh", None, (1 / 128, 0)),
        ("HARD_SWISH", "HardSwish", None, None),
        ("LEAKY_RELU", "LeakyRelu", "LeakyReluOptions", None),
        ("RELU", "Relu", None, None),
        ("QUANTIZE", None, "QuantizeOptions", None),
    ],
)
def test_functions_of_one_value(tmp_path, code, kind, options, fixed, seed):
    rng = np.random.default_rng(seed)
    given, target = end(rng), fixed or end(rng)
    source, target = Value((1, 8, 8, 4), *given), Value((1, 8, 8, 4), *target)
    x = np.arange(-128, 128).astype(np.int8).reshape(source.shape)
    alpha = float(rng.uniform(0.01, 0.5)) if code == "LEAKY_RELU" else None
    fields = {} if alpha is None else {"Alpha": alpha}
    expected = output_of(single(code, [source], [target], options, **fields), x)
    graph = Graph([source])
    attributes = {} if alpha is None else {"alpha": alpha}
    real = graph.node(kind, graph.reals, "r", **attributes) if kind else graph.reals[0]
    [found] = graph.results(tmp_path, [real], [target], x)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("axes", "is_global"), [((1, 2), False), ((1, 2), True), ((2,), False), ((3,), False)]
)
def test_means(tmp_path, axes, is_global, seed):
    rng = np.random.default_rng(seed)
    source = Value((1, 5, 4, 6), *end(rng))
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(source.shape))
    target = Value(shape, source.scale * (0.5, 1)[seed % 2], int(rng.integers(-100, 100)))
    x = random_int8(rng, source.shape)
    model = single("MEAN", [source, integers(*axes)], [target], "ReducerOptions", KeepDims=True)
    graph = Graph([source])
    if not is_global:
        real = graph.node("ReduceMean", graph.reals, "r", axes=axes)
    else:
        first = graph.node("Transpose", graph.reals, "t", perm=FIRST)
        real = graph.node("GlobalAveragePool", [first], "g")
        real = graph.node("Transpose", [real], "r", perm=LAST)
    [found] = graph.results(tmp_path, [real], [target], x)
    assert np.array_equal(found, output_of(model, x))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("code", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_pools(tmp_path, code, seed):
    rng = np.random.default_rng(seed)
    shape, (scale, zero_point) = (1, 7, 6, 3), end(rng)
    window, stride = [((3, 3), (2, 2)), ((2, 2), (1, 2)), ((7, 6), (7, 6)), ((3, 2), (3, 1))][seed]
    padding, kind = ("SAME", "VALID")[seed % 2], ("NONE", "RELU6")[seed // 2]
    model = pool(code, shape, window, stride, padding, kind, scale, zero_point)
    x = random_int8(rng, shape)
    expected = output_of(model, x)
    graph = Graph([Value(shape, scale, zero_point)])
    first = graph.node("Transpose", graph.reals, "t", perm=FIRST)
    real = graph.node(
        {"AVERAGE_POOL_2D": "AveragePool", "MAX_POOL_2D": "MaxPool"}[code],
        [first],
        "p",
        kernel_shape=window,
        strides=stride,
        auto_pad={"SAME": "SAME_UPPER"}.get(padding, padding),
    )
    real = graph.node("Transpose", [graph.clipped(real, kind)], "r", perm=LAST)
    target = Value(expected.shape, scale, zero_point)
    [found] = graph.results(tmp_path, [real], [target], x)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("is_depthwise", [False, True])
def test_convolutions(tmp_path, is_depthwise, padding, stride, per_channel):
    rng = np.random.default_rng(7)
    shape = (1, 9, 8, 4)
    weights_shape = (4, 3, 2) if is_depthwise else (5, 3, 2, 4)
    layer = random_layer(
        rng,
        weights_shape,
        shape,
        per_channel=per_channel,
        stride=stride,
        padding=padding,
        activation=("NONE", "RELU")[per_channel],
        output_zero_point=-20,
    )
    x = random_int8(rng, shape)
    expected = output_of(layer.depthwise() if is_depthwise else layer.convolution(), x)
    graph = Graph([Value(shape, layer.input_scale, layer.input_zero_point)])
    first = graph.node("Transpose", graph.reals, "t", perm=FIRST)
    kernels = layer.weights[:, None] if is_depthwise else layer.weights.transpose(0, 3, 1, 2)
    names = [first, quantised(graph, "w", kernels, layer.scales), biased(graph, layer)]
    real = graph.node(
        "Conv",
        names,
        "c",
        strides=stride,
        auto_pad={"SAME": "SAME_UPPER"}.get(padding, padding),
        group=4 if is_depthwise else 1,
    )
    real = graph.node("Transpose", [graph.clipped(real, layer.activation)], "r", perm=LAST)
    target = Value(expected.shape, layer.output_scale, layer.output_zero_point)
    [found] = graph.results(tmp_path, [real], [target], x)
    assert len(np.unique(found)) > 15
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("by_pads", [False, True])
@pytest.mark.parametrize("size", [(8, 12), (7, 11), (8, 10)])
@pytest.mark.parametrize("kernel", [(2, 3), (3, 4), (5, 2), (1, 1)])
def test_transposed_convolutions(tmp_path, kernel, size, by_pads):
    rng = np.random.default_rng(7)
    shape, stride = (1, 4, 4, 6), (2, 3)
    layer = random_layer(
        rng,
        (5, *kernel, 6),
        shape,
        per_channel=by_pads,
        stride=stride,
        padding="SAME",
        activation=("NONE", "RELU")[by_pads],
        output_zero_point=-20,
    )
    x = random_int8(rng, shape)
    expected = output_of(layer.transposed(*size), x)
    graph = Graph([Value(shape, layer.input_scale, layer.input_zero_point)])
    first = graph.node("Transpose", graph.reals, "t", perm=FIRST)
    kernels = layer.weights.transpose(3, 0, 1, 2)
    names = [first, quantised(graph, "w", kernels, layer.scales, axis=1), biased(graph, layer)]
    attributes = {"output_shape": size, "auto_pad": "SAME_UPPER"}
    if by_pads:
        cut = [3 * stride[i] + kernel[i] - size[i] for i in range(2)]
        before = [max(0, whole) // 2 for whole in cut]
        after = [max(0, whole) - first for whole, first in zip(cut, before, strict=True)]
        extra = [max(0, -whole) for whole in cut]
        attributes = {"pads": [*before, *after], "output_padding": extra}
    real = graph.node("ConvTranspose", names, "c", strides=stride, **attributes)
    real = graph.node("Transpose", [graph.clipped(real, layer.activation)], "r", perm=LAST)
    target = Value(expected.shape, layer.output_scale, layer.output_zero_point)
    [found] = graph.results(tmp_path, [real], [target], x)
    assert len(np.unique(found)) > 15
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["Gemm", "MatMul"])
def test_dense_layers(tmp_path, kind, seed):
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, (6, 20), (1, 20), per_channel=bool(seed % 2))
    x = random_int8(rng, (1, 20))
    expected = output_of(layer.dense(), x)
    graph = Graph([Value((1, 20), layer.input_scale, layer.input_zero_point)])
    weights = quantised(graph, "w", layer.weights.T, layer.scales, axis=1)
    bias = biased(graph, layer)
    if kind == "Gemm":
        real = graph.node("Gemm", [*graph.reals, weights, bias], "g")
    else:
        real = graph.node("Add", [bias, graph.node("MatMul", [*graph.reals, weights], "m")], "g")
    target = Value((1, 6), layer.output_scale, layer.output_zero_point)
    [found] = graph.results(tmp_path, [graph.clipped(real, layer.activation)], [target], x)
    assert np.array_equal(found, expected)


def quantised(graph, name, array, scales, axis=0):
    """Return a dequantised constant with zero points of 0."""
    scales = np.float32(scales if len(scales) > 1 else scales[0])
    graph.constant(name, array)
    inputs = [name, graph.constant(f"{name}_s", scales)]
    inputs.append(graph.constant(f"{name}_z", np.zeros(scales.shape, array.dtype)))
    attributes = {"axis": axis} if scales.ndim else {}
    return graph.node("DequantizeLinear", inputs, f"{name}_d", **attributes)


def biased(graph, layer):
    scales = np.float32(layer.input_scale) * np.float32(layer.scales)
    return quantised(graph, "b", layer.bias, scales)


@pytest.mark.parametrize("axis", [1, 3, -2])
def test_concatenations(tmp_path, axis):
    rng = np.random.default_rng(3)
    scale = end(rng)
    shapes = [[1, 3, 4, 5] for _ in range(3)]
    for length, shape in enumerate(shapes, 1):
        shape[axis] = length
    sources = [Value(tuple(shape), *scale) for shape in shapes]
    values = [random_int8(rng, shape) for shape in shapes]
    target = Value(np.concatenate(values, axis).shape, *scale)
    model = single("CONCATENATION", sources, [target], "ConcatenationOptions", Axis=axis)
    graph = Graph(sources)
    real = graph.node("Concat", graph.reals, "r", axis=axis)
    [found] = graph.results(tmp_path, [real], [target], *values)
    assert np.array_equal(found, output_of(model, *values))


@pytest.mark.parametrize("value", [None, -77])
def test_pads(tmp_path, value):
    rng = np.random.default_rng(3)
    source = Value((1, 3, 4, 5), *end(rng))
    target = Value((1, 4, 7, 5), source.scale, source.zero_point)
    numbers = Value((4, 2), dtype="int32", data=[0, 0, 1, 0, 2, 1, 0, 0])
    x = random_int8(rng, source.shape)
    graph = Graph([source])
    inputs = [*graph.reals, graph.constant("p", np.array([0, 1, 2, 0, 0, 0, 1, 0]))]
    if value is None:
        model = single("PAD", [source, numbers], [target], "PadOptions")
    else:
        border = Value((1,), source.scale, source.zero_point, data=[value])
        model = single("PADV2", [source, numbers, border], [target], "PadV2Options")
        inputs.append(graph.read("border", border))
    real = graph.node("Pad", inputs, "r")
    [found] = graph.results(tmp_path, [real], [target], x)
    assert np.array_equal(found, output_of(model, x))


def test_slices(tmp_path):
    rng = np.random.default_rng(3)
    source = Value((1, 7, 6, 5), *end(rng))
    target = Value((1, 3, 2, 5), source.scale, source.zero_point)
    given = [integers(0, 1, 4, 0), integers(1, 7, 0, 5), integers(1, 2, -2, 1)]
    names = ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask")
    masks = dict.fromkeys(names, 0)
    model = single("STRIDED_SLICE", [source, *given], [target], "StridedSliceOptions", **masks)
    x = random_int8(rng, source.shape)
    graph = Graph([source])
    bounds = ([1, 4], [7, 0], [1, 2], [2, -2])
    names = [graph.constant(f"k{i}", np.array(k)) for i, k in enumerate(bounds)]
    [found] = graph.results(
        tmp_path, [graph.node("Slice", [*graph.reals, *names], "r")], [target], x
    )
    assert np.array_equal(found, output_of(model, x))


def test_splits(tmp_path):
    rng = np.random.default_rng(3)
    source = Value((1, 3, 4, 6), *end(rng))
    targets = [Value((1, 3, 4, 2), source.scale, source.zero_point) for _ in range(3)]
    model = single("SPLIT", [integers(3), source], targets, "SplitOptions", NumSplits=3)
    x = random_int8(rng, source.shape)
    expected = outputs_of(model, x, count=3)
    graph = Graph([source])
    names = ["r0", "r1", "r2"]
    graph.nodes.append(helper.make_node("Split", graph.reals, names, "split", axis=-1))
    found = graph.results(tmp_path, names, targets, x)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("align", "centers", "mode", "rounding"),
    [
        (False, False, "asymmetric", "floor"),
        (True, False, "align_corners", "round_prefer_ceil"),
        (False, True, "half_pixel", "round_prefer_ceil"),
    ],
)
def test_resizes(tmp_path, align, centers, mode, rounding):
    places = {"coordinate_transformation_mode": mode, "nearest_mode": rounding, "mode": "nearest"}
    kind = "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"
    check_resize(tmp_path, (8, 15), kind, (align, centers), places)


@pytest.mark.parametrize(
    ("size", "align", "centers", "mode"),
    [
        ((8, 10), False, True, "half_pixel"),
        ((16, 20), False, True, "half_pixel"),
        ((16, 10), False, False, "asymmetric"),
        ((7, 9), True, False, "align_corners"),
        ((2, 1), False, False, "asymmetric"),
    ],
)
def test_resizes_linearly(tmp_path, size, align, centers, mode):
    """To the bit where a step between outputs is a whole number of 1/1024."""
    places = {"coordinate_transformation_mode": mode, "mode": "linear"}
    kind = "RESIZE_BILINEAR", "ResizeBilinearOptions"
    check_resize(tmp_path, size, kind, (align, centers), places)


def check_resize(tmp_path, size, kind, options, attributes):
    """Assert that a Resize with ``attributes`` gives what TensorFlow Lite's ``kind`` does."""
    rng = np.random.default_rng(3)
    source = Value((1, 4, 5, 3), *end(rng))
    target = Value((1, *size, 3), source.scale, source.zero_point)
    code, table = kind
    ends = [source, integers(*size)], [target]
    given = dict(zip(("AlignCorners", "HalfPixelCenters"), options, strict=True))
    model = single(code, *ends, table, **given)
    x = random_int8(rng, source.shape)
    graph = Graph([source])
    first = graph.node("Transpose", graph.reals, "t", perm=FIRST)
    shape = graph.constant("size", np.array([1, 3, *size]))
    real = graph.node("Resize", [first, "", "", shape], "s", **attributes)
    real = graph.node("Transpose", [real], "r", perm=LAST)
    [found] = graph.results(tmp_path, [real], [target], x)
    assert np.array_equal(found, output_of(model, x))


def test_softmax(tmp_path):
    rng = np.random.default_rng(3)
    source, target = Value((1, 10), 0.1, 5), Value((1, 10), 1 / 256, -128)
    x = random_int8(rng, source.shape)
    graph = Graph([source])
    real = graph.node("Softmax", graph.reals, "r", axis=-1)
    [found] = graph.results(tmp_path, [real], [target], x)
    assert np.array_equal(found, output_of(softmax((1, 10), 0.1, 5), x))


@pytest.mark.skipif(not (REAL / "tflite").is_dir(), reason="the real models are not here")
@pytest.mark.parametrize("name", ["resnet8_cifar10_int8", "dscnn_kws_int8", "ad_autoencoder_int8"])
def test_converted_networks_give_the_golden_outputs(tmp_path, name):
    graph = load(write(tmp_path, converted(REAL / "tflite" / f"{name}.tflite")))
    kinds = [op.kind for op in graph]
    assert "transpose" not in kinds
    golden = np.load(REAL / "golden" / f"{name}.npz")
    cases = [key.removesuffix("_in0") for key in golden.files if key.endswith("_in0")]
    for case in cases[:3]:
        done = network.run(graph, {graph.inputs[0]: golden[f"{case}_in0"]})
        assert np.array_equal(done[graph.outputs[0]], golden[f"{case}_out0"]), case
