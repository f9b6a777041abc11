"""ConvTranspose, within one step of onnxruntime."""

import numpy as np
import pytest
from onnx_models import Net, refusal, transposed, write
from onnx_oracle import compared

from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference.macs import macs


def layer_of(graph):
    [layer] = (op for op in graph if op.source == "ConvTranspose")
    return layer


def model_of(in_shape=(1, 2, 4, 5), w_shape=(2, 3, 3, 3), unsigned=False, **attributes):
    net = Net(in_shape, unsigned)
    y = transposed(net, net.quantize("x", 0.05, -5), w_shape=w_shape, **attributes)
    return net.model(net.quantize(y, 0.2, 3), ("n", "c", "h", "w"))


WINDOWS = [  # kernel, attributes, height and width of what comes of 4 x 5
    ((3, 3), {}, (6, 7)),
    ((1, 1), {}, (4, 5)),
    ((2, 2), {"strides": [2, 2]}, (8, 10)),
    ((3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}, (8, 10)),
    ((4, 4), {"strides": [2, 2], "pads": [1, 1, 1, 1]}, (8, 10)),
    ((3, 3), {"strides": [2, 2]}, (9, 11)),
    ((3, 2), {"strides": [3, 2], "pads": [1, 0, 0, 1]}, (11, 9)),
    ((2, 5), {"strides": [3, 1], "output_padding": [2, 0]}, (13, 9)),  # rows with no tap
    ((1, 2), {"strides": [3, 4], "output_padding": [1, 3]}, (11, 21)),
    ((3, 3), {"strides": [1, 1], "pads": [2, 2, 2, 2]}, (2, 3)),
    ((3, 2), {"strides": [2, 2], "pads": [4, 3, 0, 1]}, (5, 6)),  # more than the kernel
    ((2, 3), {"strides": [8, 7]}, (26, 31)),
    ((7, 9), {"strides": [2, 3], "pads": [3, 2, 2, 3]}, (8, 16)),
    ((3, 4), {"auto_pad": "VALID", "strides": [2, 3]}, (9, 16)),
    ((3, 4), {"auto_pad": "VALID", "strides": [2, 3], "output_padding": [1, 2]}, (10, 18)),
    ((3, 4), {"auto_pad": "SAME_UPPER", "strides": [2, 1]}, (8, 5)),
    ((3, 4), {"auto_pad": "SAME_LOWER", "strides": [2, 1]}, (8, 5)),
    ((2, 5), {"auto_pad": "SAME_LOWER", "strides": [4, 2]}, (14, 10)),  # less than the stride
]
for mode in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
    WINDOWS += [
        ((3, 4), {"auto_pad": mode, "strides": [2, 3], "output_shape": shape}, shape)
        for shape in ([8, 15], [7, 13], [10, 18], [4, 5])  # less is not what onnx infers
    ]
WINDOWS += [
    ((3, 4), {"strides": [2, 3], "output_shape": [9, 15], "output_padding": [1, 0]}, (9, 15)),
    ((3, 4), {"strides": [2, 3], "output_shape": [9, 14], "pads": [0, 2, 2, 0]}, (9, 14)),
]


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize(("kernel", "attributes", "shape"), WINDOWS)
def test_windows_are_onnxruntimes(tmp_path, kernel, attributes, shape, unsigned):
    model = model_of(w_shape=(2, 3, *kernel), unsigned=unsigned, **attributes)
    graph = compared(tmp_path, model)
    assert graph.tensors[graph.outputs[0]].shape == (1, 3, *shape)
    assert layer_of(graph).kind == "transposed conv"
    legalise(graph)


@pytest.mark.parametrize(
    ("w_shape", "group"), [((4, 3, 3, 2), 2), ((4, 1, 3, 2), 4), ((4, 2, 3, 2), 4)]
)
@pytest.mark.parametrize("per_channel", [False, True])
def test_groups_are_one_with_zeros_between_them(tmp_path, w_shape, group, per_channel):
    net = Net((1, 4, 4, 5))
    scales = np.linspace(0.005, 0.02, w_shape[1]) if per_channel else 0.01
    bias = net.constant("b", np.linspace(-3, 3, group * w_shape[1]).astype(np.float32))
    names = [net.quantize("x", 0.05, -5), net.weights("w", w_shape, 1, scales), bias]
    y = net.node("ConvTranspose", names, "y", group=group, strides=[2, 2])
    graph = compared(tmp_path, net.model(net.quantize(y, 0.2, 3), ("n", "c", "h", "w")))
    weights = layer_of(graph).weights
    assert weights.shape == (group * w_shape[1], 3, 2, 4)
    assert np.count_nonzero(weights) <= weights.size // group
    assert macs(graph, layer_of(graph)) == 4 * 5 * weights.size // group  # of 4 x 5 pixels


@pytest.mark.parametrize("bias", [None, "float", "int32"])
@pytest.mark.parametrize("opset", [11, 13, 22])
def test_biases(tmp_path, bias, opset):
    net = Net((1, 2, 4, 5))
    net.opset = opset
    scales = 0.01 if opset < 13 else np.array([0.004, 0.01, 0.02])
    names = [net.quantize("x", 0.05, -5)]
    net.constant("w", net.random.integers(-127, 128, (2, 3, 3, 3)).astype(np.int8))
    inputs = ["w", net.constant("w_s", np.float32(scales))]
    inputs += [net.constant("w_z", np.zeros(np.shape(scales), np.int8))]
    axis = {} if opset < 13 else {"axis": 1}
    names += [net.node("DequantizeLinear", inputs, "w_d", **axis)]
    if bias == "float":
        names += [net.constant("b", np.array([-7, 0.01, 5], np.float32))]
    elif bias:
        names += [net.bias("b", 3, 0.05 * 0.01)]  # in other steps than the sums, or in theirs
    y = net.node("ConvTranspose", names, "y", strides=[2, 2])
    graph = compared(tmp_path, net.model(net.quantize(y, 0.1, 3), (1, 3, 9, 11)))
    assert layer_of(graph).bias.any() == bool(bias)


@pytest.mark.parametrize("kind", ["Relu", "Clip"])
def test_what_is_behind_it_is_its_clamp(tmp_path, kind):
    net = Net((1, 2, 4, 5))
    y = transposed(net, net.quantize("x", 0.05, -5), strides=[2, 2])
    bounds = [net.constant(f"b{i}", np.float32(bound)) for i, bound in enumerate((-1, 6))]
    y = net.node(kind, [y, *bounds] if kind == "Clip" else [y], "r")
    graph = compared(tmp_path, net.model(net.quantize(y, 0.1, -100), (1, 3, 9, 11)))
    assert layer_of(graph).clamp == {"Relu": (-100, 127), "Clip": (-110, -40)}[kind]
    assert "table" not in [op.kind for op in graph]


def test_between_convolutions_nothing_is_turned(tmp_path):
    net = Net((1, 2, 4, 5))
    y = transposed(net, net.quantize("x", 0.05, -5), strides=[2, 2])
    y = transposed(net, net.quantize(y, 0.2, 3), "z", w_shape=(3, 2, 2, 2))
    graph = load(write(tmp_path, net.model(net.quantize(y, 0.5, 3), (1, 2, 10, 12))))
    kinds = ["quantize", "transpose", *["transposed conv"] * 2, "transpose", "dequantize"]
    assert [op.kind for op in graph] == kinds


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"auto_pad": "SAME"}, "attribute auto_pad is SAME; accepted: NOTSET, VALID, SAME_UPPER"),
        ({"auto_pad": "VALID", "pads": [1, 0, 0, 0]}, "pads is (1, 0, 0, 0) with auto_pad VALID"),
        ({"pads": [1, 1]}, "pads is (1, 1); 4 values of 0 or more are accepted"),
        ({"pads": [0, 0, -1, 0]}, "pads is (0, 0, -1, 0); 4 values of 0 or more"),
        ({"pads": [3, 0, 3, 0]}, "pads is (3, 0, 3, 0), which leaves nothing; less is accepted"),
        ({"dilations": [2, 1]}, "attribute dilations is [2, 1]; accepted: [1, 1]"),
        ({"strides": [9, 1]}, "strides is (9, 1); 2 values in 1..8 are accepted"),
        ({"strides": [1, 0]}, "strides is (1, 0); 2 values in 1..8 are accepted"),
        ({"strides": [2]}, "strides is (2,); 2 values in 1..8 are accepted"),
        ({"kernel_shape": [3, 2]}, "attribute kernel_shape is [3, 2]; accepted: [3, 3]"),
        ({"output_padding": [0, 1]}, "output_padding is (0, 1); 2 values from 0 to less than the"),
        ({"output_padding": [-1, 0]}, "output_padding is (-1, 0); 2 values from 0 to less than"),
        ({"output_padding": [0]}, "output_padding is (0,); 2 values from 0 to less than the"),
        (
            {"output_padding": [1, 1], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
            "output_padding is (1, 1) with auto_pad SAME_UPPER; 0, or an output_shape, is accepted",
        ),
        ({"output_shape": [1, 3, 6, 7]}, "output_shape is (1, 3, 6, 7); height and width"),
        ({"output_shape": [7, 7]}, "output_shape is (7, 7); 1..6 is accepted where it is 7"),
        ({"output_shape": [6, 0]}, "output_shape is (6, 0); 1..7 is accepted where it is 0"),
        ({"w_shape": (3, 2, 3, 3)}, "input has 2 channels; 3, those of the weights, are accepted"),
        ({"w_shape": (2, 3, 3)}, "weights have shape (2, 3, 3); 4 dimensions are accepted"),
        ({"in_shape": (2, 2, 4, 5)}, "has shape (2, 2, 4, 5)"),
        ({"in_shape": (1, 2, 4)}, "input has shape (1, 2, 4); 4 dimensions with batch 1"),
        (
            {"in_shape": (1, 1, 2**12, 2**12), "w_shape": (1, 5, 1, 1), "strides": [2, 2]},
            "'n_t' (ConvTranspose): a tensor must have at most 268435456 elements, not (1, 5, 8191",
        ),
        ({"group": 0}, "attribute group is 0 with 2 input channels; accepted: a number that"),
        ({"group": 3}, "attribute group is 3 with 2 input channels; accepted: a number that"),
        (
            {"group": 512, "in_shape": (1, 512, 4, 5), "w_shape": (512, 1, 3, 3)},
            "attribute group is 512, which makes 2359296 weights with zeros between the groups; up"
            " to 1048576 are accepted",
        ),
        ({"axis": 0}, "weights have a scale for each input; one for each output is accepted"),
    ],
)
def test_refuses_in_one_line_that_names_node_and_attribute(tmp_path, attributes, words):
    message = refusal(tmp_path, model_of(**attributes))
    assert message.startswith("model.onnx: ")
    assert words in message
    assert "in_shape" in attributes or "'n_t' (ConvTranspose): " in message


def test_takes_no_computed_weights_nor_biases(tmp_path):
    for position, words in enumerate(["weights are not quantised", "bias is computed"], 1):
        net = Net((1, 2, 4, 5))
        x = net.quantize("x", 0.05, -5)
        names = [x, net.weights("w", (2, 3, 3, 3), 1), net.bias("b", 3, 0.01)]
        names[position] = x
        y = net.quantize(net.node("ConvTranspose", names, "y"), 0.2, 3)
        assert words in refusal(tmp_path, net.model(y, (1, 3, 6, 7)))
