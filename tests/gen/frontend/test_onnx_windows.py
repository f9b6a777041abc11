"""Windows of convolutions, pools and means, within one step of onnxruntime."""

import math

import numpy as np
import pytest
from onnx_models import Net, convolution, refusal
from onnx_oracle import compared, of_kind


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


@pytest.mark.parametrize("keepdims", [(0, 0), (1, 1), (1, 0), (0, 1)])
@pytest.mark.parametrize(
    ("kind", "axes"),
    [
        ("ReduceMean", (3, 2)),
        ("ReduceMean", (-1, -1)),  # (1, 3, 4, 5): of columns, then of rows or columns again
        ("ReduceMean", (2, -1)),
        ("ReduceMean", (1, 1)),
        ("ReduceMean", (3, 1)),
        ("GlobalAveragePool", (None, 2)),
    ],
)
def test_a_mean_of_a_mean_is_one_over_the_axes_of_both(tmp_path, kind, axes, keepdims):
    net = Net((1, 3, 4, 5))
    x = net.quantize("x", 0.06, -11)
    first = {} if axes[0] is None else {"axes": [axes[0]], "keepdims": keepdims[0]}
    m = net.node(kind, [x], "m", **first)
    z = net.node("ReduceMean", [m], "z", axes=[axes[1]], keepdims=keepdims[1])
    shape = np.zeros((1, 3, 4, 5))
    shape = shape.mean(
        (2, 3) if axes[0] is None else axes[0], keepdims=bool(first.get("keepdims", 1))
    )
    shape = shape.mean(axes[1], keepdims=bool(keepdims[1])).shape
    graph = compared(tmp_path, net.model(net.quantize(z, 0.02, 5), shape), values=2)
    assert [op.name for op in of_kind(graph, "average_pool")] == ["n_z"]


def test_a_mean_may_have_readers_of_its_own_and_nothing_between_it_and_the_next(tmp_path):
    net = Net((1, 3, 4, 5))
    m = net.node("ReduceMean", [net.quantize("x", 0.06, -11)], "m", axes=[3])
    z = net.quantize(net.node("ReduceMean", [m], "z", axes=[2]), 0.02, 5)
    y = net.quantize(net.node("Add", [net.quantize(m, 0.03, 5), z], "y"), 0.04, 0)
    graph = compared(tmp_path, net.model(y, (1, 3, 4, 1)), steps=2)  # two roundings before it
    sizes = [math.prod(op.window) for op in of_kind(graph, "average_pool")]
    assert sorted(sizes) == [5, 20]
    for between in ("Relu", "Identity"):
        net = Net((1, 3, 4, 5))
        m = net.node("ReduceMean", [net.quantize("x", 0.06, -11)], "m", axes=[3])
        z = net.node("ReduceMean", [net.node(between, [m], "b")], "z", axes=[2])
        message = refusal(tmp_path, net.model(net.quantize(z, 0.02, 5), (1, 3, 1, 1)))
        assert "'n_z' (ReduceMean): input 'b' is not quantised" in message


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
    compared(tmp_path, net.model(net.quantize(z, *scale), (1, 3, *shape)))


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
