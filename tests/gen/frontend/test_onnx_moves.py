"""Pads, slices, splits, resizes, and what is constant, as onnxruntime has them."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import Net, convolution, refusal, write
from onnx_oracle import compared, of_kind

from zeroleap.gen.frontend import load


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


def linear(net, size, **attributes):
    """Add a linear Resize of x, by scales if ``size`` has fractions, else to sizes."""
    x = net.quantize("x", 0.06, -11)
    is_scales = isinstance(size[0], float)
    given = net.constant("size", np.array(size, np.float32 if is_scales else np.int64))
    inputs = [x, "", *([given] if is_scales else ["", given])]
    return net.node("Resize", inputs, "z", mode="linear", **attributes)


@pytest.mark.parametrize(
    "mode", ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"]
)
@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ([1.0, 1.0, 2.0, 2.0], (1, 3, 8, 10)),
        ([1.0, 1.0, 0.6, 2.5], (1, 3, 2, 12)),
        ([1, 3, 7, 1], (1, 3, 7, 1)),
        ([1, 3, 1, 33], (1, 3, 1, 33)),
    ],
)
@pytest.mark.parametrize("unsigned", [False, True])
def test_resizes_linearly(tmp_path, mode, size, shape, unsigned):
    net = Net((1, 3, 4, 5), unsigned)
    z = linear(net, size, coordinate_transformation_mode=mode)
    graph = compared(tmp_path, net.model(net.quantize(z, 0.06, -11), shape))
    assert [op.kind for op in graph if op.kind in ("interpolate", "table")] == ["interpolate"]


@pytest.mark.parametrize(
    ("mode", "scale", "length", "places"),
    [
        ("half_pixel", 2.0, 6, [0, 256, 768, 1280, 1792, 2048]),
        ("asymmetric", 2.0, 6, [0, 512, 1024, 1536, 2048, 2048]),
        ("align_corners", 1.7, 5, [0, 512, 1024, 1536, 2048]),
        ("asymmetric", 2.5, 7, [0, 410, 819, 1229, 1638, 2048, 2048]),  # 0.4 a step, not 3 / 7
        ("half_pixel", 0.4, 1, [768]),  # 0.5 / 0.4 - 0.5
        ("pytorch_half_pixel", 0.4, 1, [0]),
    ],
)
def test_places_by_hand(tmp_path, mode, scale, length, places):
    net = Net((1, 1, 3, 3))
    net.opset = 18
    z = linear(
        net,
        [1.0, 1.0, scale, 1.0],
        coordinate_transformation_mode=mode,
        antialias=0,
        keep_aspect_ratio_policy="stretch",
        nearest_mode="floor",
    )
    graph = load(write(tmp_path, net.model(net.quantize(z, 0.06, -11), (1, 1, length, 3))))
    (layer,) = of_kind(graph, "interpolate")
    assert layer.rows == tuple(places)
    assert layer.columns == (0, 1024, 2048)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize("places", ["half_pixel", "asymmetric"])
def test_what_keeps_its_shape_is_copied_whatever_the_scales(tmp_path, mode, places):
    net = Net((1, 3, 3, 2))
    size = net.constant("size", np.array([1, 1, 1.3, 1.4], np.float32))
    inputs = [net.quantize("x", 0.06, -11), "", size]
    z = net.node("Resize", inputs, "z", mode=mode, coordinate_transformation_mode=places)
    compared(tmp_path, net.model(net.quantize(z, 0.06, -11), (1, 3, 3, 2)), steps=0)


@pytest.mark.parametrize(
    ("target", "kind"), [((0.06, -11), "max_pool"), ((0.09, 5), "table"), ((0.046, 7), "table")]
)
@pytest.mark.parametrize("unsigned", [False, True])
def test_another_scale_and_a_limit_behind_a_linear_resize(tmp_path, target, kind, unsigned):
    net = Net((1, 3, 4, 5), unsigned)
    z = net.node("Relu", [linear(net, [1, 3, 11, 7])], "r")
    graph = compared(tmp_path, net.model(net.quantize(z, *target), (1, 3, 11, 7)))
    kinds = [op.kind for op in graph]
    assert kinds[kinds.index("interpolate") + 1] == kind


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 0, 1]])
def test_weights_that_are_turned_after_their_dequantisation(tmp_path, order):
    """As exporters of channels last write them; the scales' axis turns too."""
    net = Net((1, 2, 6, 5))
    back = np.argsort(order).tolist()
    shape = [(4, 2, 3, 2)[axis] for axis in back]
    w = net.weights("w", shape, axis=order[0])
    w = net.node("Transpose", [w], "t", perm=order)
    c = net.node("Conv", [net.quantize("x", 0.05, 3), w], "c")
    graph = compared(tmp_path, net.model(net.quantize(c, 0.05, 3), (1, 4, 4, 4)))
    (layer,) = of_kind(graph, "conv")
    (stored,) = (numpy_helper.to_array(item) for item in net.constants if item.name == "w")
    assert np.array_equal(layer.weights, stored.transpose(order).transpose(0, 2, 3, 1))


def test_depthwise_weights_that_are_reshaped(tmp_path):
    net = Net((1, 4, 6, 5))
    to = net.constant("to", np.array([3, 2, 4, 1]))
    w = net.node("Reshape", [net.weights("w", (3, 2, 4), axis=2), to], "r")
    w = net.node("Transpose", [w], "t", perm=[2, 3, 0, 1])
    c = net.node("Conv", [net.quantize("x", 0.05, 3), w], "c", group=4)
    compared(tmp_path, net.model(net.quantize(c, 0.05, 3), (1, 4, 4, 4)))


def test_refuses_weights_whose_scales_are_mixed(tmp_path):
    net = Net((1, 2, 6, 5))
    w = net.weights("w", (4, 12), axis=0)
    w = net.node("Reshape", [w, net.constant("to", np.array([2, 2, 3, 4]))], "r")
    c = net.node("Conv", [net.quantize("x", 0.05, 3), w], "c")
    model = net.model(net.quantize(c, 0.05, 3), (1, 2, 4, 2))
    assert "'n_r' (Reshape): mixes weights of several scales" in refusal(tmp_path, model)


def test_shapes_that_the_file_computes(tmp_path):
    """Flatten, as PyTorch exports x.view(x.shape[0], -1) of a variable batch."""
    net = Net(("n", 4, 3, 2))
    x = net.quantize("x", 0.06, -11)
    shape = net.node("Shape", ["x_q"], "shape")
    first = net.node("Gather", [shape, net.constant("zero", np.array(0))], "first", axis=0)
    first = net.node("Unsqueeze", [first, net.constant("axis", np.array([0]))], "u")
    six, two = net.constant("six", np.array([6])), net.constant("two", np.array([2]))
    half = net.node("Div", [six, two], "h")
    to = net.node("Concat", [first, half, net.constant("rest", np.array([-1]))], "to", axis=0)
    y = net.node("Reshape", [x, to], "y")
    graph = compared(tmp_path, net.model(net.quantize(y, 0.06, -11), ("n", 3, 8)))
    assert [op.kind for op in graph] == ["quantize", "reshape", "dequantize"]


def test_refuses_computed_indices_and_large_tables(tmp_path):
    net = Net((1, 4, 3, 2))
    x = net.quantize("x", 0.06, -11)
    y = net.node("Gather", [x, net.constant("i", np.array([1, 2]))], "y", axis=1)
    model = net.model(net.quantize(y, 0.06, -11), (1, 2, 3, 2))
    assert "'n_y' (Gather): input is computed" in refusal(tmp_path, model)
    net = Net((1, 4, 3, 2))
    x = net.quantize("x", 0.06, -11)
    table, index = net.constant("t", np.zeros((64, 64))), net.constant("i", np.zeros(9, np.int64))
    net.node("Gather", [table, index], "g")
    model = net.model(x, (1, 4, 3, 2))
    assert "'n_g' (Gather): computes with 4105 constants" in refusal(tmp_path, model)
    net = Net((1, 4, 3, 2))
    x = net.quantize("x", 0.06, -11)
    net.node("Gather", [net.constant("t", np.zeros(3)), net.constant("i", np.array([7]))], "g")
    model = net.model(x, (1, 4, 3, 2))
    assert "'n_g' (Gather): cannot be computed" in refusal(tmp_path, model)
