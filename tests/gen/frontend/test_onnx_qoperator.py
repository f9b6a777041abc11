"""Operators on integers (QOperator), each within one step of onnxruntime."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx_models import LARGE, LITTLE, Integers, refusal
from onnx_oracle import compared

from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, FullyConnected
from zeroleap.sim.reference import network

MODELS = Path(__file__).parents[2] / "models"


def of_source(graph, source):
    return next(op for op in graph if op.source == source)


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("scales", [0.01, [0.01, 0.02, 0.005, 0.013]])
@pytest.mark.parametrize("group", [1, 2, 4])
@pytest.mark.parametrize("has_bias", [False, True])
def test_convolution(tmp_path, unsigned, scales, group, has_bias):
    net = Integers((1, 4, 7, 6), unsigned)
    weights = net.weights("w", (4, 4 // group, 3, 3), scales=scales)
    bias = np.array([1000, -2000, 3000, 2**20], np.int32)
    after = [net.constant("b", bias)] if has_bias else []
    inputs = [*net.triple(net.input()), *weights]
    attributes = {"pads": [1, 0, 1, 2], "strides": [2, 1], "group": group}
    c = net.layer("QLinearConv", inputs, "c", LARGE, after, **attributes)
    layer = of_source(compared(tmp_path, net.finish(c, (1, 4, 4, 6))), "QLinearConv")
    assert type(layer) is (DepthwiseConvolution if group == 4 else Convolution)
    assert layer.bias.tolist() == (bias if has_bias else 0 * bias).tolist()
    assert layer.name == "n_c"


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("scales", [0.01, [0.01, 0.02, 0.005]])
@pytest.mark.parametrize("kind", ["QGemm", "QGemm transposed", "QLinearMatMul"])
def test_dense_layers(tmp_path, unsigned, scales, kind):
    net = Integers((1, 20), unsigned)
    transposed = "transposed" in kind
    shape, axis = ((3, 20), 0) if transposed else ((20, 3), 1)
    inputs = [*net.triple(net.input()), *net.weights("w", shape, axis, scales)]
    if kind == "QLinearMatMul":
        d = net.layer(kind, inputs, "d", LARGE)
    else:
        inputs.append(net.constant("b", np.array([1000, -2000, 3000], np.int32)))
        d = net.layer("QGemm", inputs, "d", LARGE, transB=int(transposed))
    layer = of_source(compared(tmp_path, net.finish(d, (1, 3))), kind.split()[0])
    assert isinstance(layer, FullyConnected)


def test_a_dense_layer_whose_result_is_real_is_quantised_by_the_next_node(tmp_path):
    net = Integers((1, 20))
    inputs = [*net.triple(net.input()), *net.weights("w", (20, 3), 1)]
    real = net.node("QGemm", inputs, "d", domain="com.microsoft")
    net.of("e", *LARGE)
    net.node("QuantizeLinear", [real, *net.scales["e"]], "e")
    compared(tmp_path, net.finish("e", (1, 3)))


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize(("kind", "steps"), [("QLinearAdd", (0.06, 4)), ("QLinearMul", (0.2, -10))])
@pytest.mark.parametrize("is_constant", [False, True])
def test_two_values(tmp_path, kind, steps, unsigned, is_constant):
    net = Integers((1, 3, 4, 5), unsigned)
    q = net.input()
    if is_constant:
        values = np.random.default_rng(1).integers(0, 128, (3, 1, 1)).astype(net.dtype)
        net.constant(net.of("k", 0.03, -9), values)
        other = "k"
    else:
        other = net.layer("QLinearLeakyRelu", net.triple(q), "k", (0.05, -5), alpha=-0.5)
    z = net.layer(kind, [*net.triple(q), *net.triple(other)], "z", steps)
    compared(tmp_path, net.finish(z, (1, 3, 4, 5)), steps=1 if is_constant else 2)


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize(
    ("kind", "attributes", "target", "shape"),
    [
        ("QLinearAveragePool", {"kernel_shape": [2, 2], "channels_last": 0}, LITTLE, (1, 3, 3, 4)),
        (
            "QLinearAveragePool",
            {"kernel_shape": [2, 2], "strides": [2, 2]},
            (0.05, -5),
            (1, 3, 2, 2),
        ),
        ("QLinearGlobalAveragePool", {"channels_last": 0}, LITTLE, (1, 3, 1, 1)),
        ("QLinearLeakyRelu", {"alpha": 0.2}, LITTLE, (1, 3, 4, 5)),
        ("QLinearSigmoid", {}, (1 / 256, -128), (1, 3, 4, 5)),
        ("QLinearSigmoid", {}, (0.003, -100), (1, 3, 4, 5)),
        ("QLinearSoftmax", {"axis": 3, "opset": 13}, (1 / 256, -128), (1, 3, 4, 5)),
    ],
)
def test_one_value(tmp_path, kind, attributes, target, shape, unsigned):
    net = Integers((1, 3, 4, 5), unsigned)
    z = net.layer(kind, net.triple(net.input()), "z", target, **attributes)
    compared(tmp_path, net.finish(z, shape))


@pytest.mark.parametrize("unsigned", [False, True])
def test_concatenation(tmp_path, unsigned):
    net = Integers((1, 3, 4, 5), unsigned)
    q = net.input()
    k = net.layer("QLinearLeakyRelu", net.triple(q), "k", (0.06, -20), alpha=0.5)
    inputs = [*net.triple(q), *net.triple(k)]
    z = net.layer("QLinearConcat", inputs, "z", (0.06, -20), axis=1)
    compared(tmp_path, net.finish(z, (1, 6, 4, 5)), steps=1)


@pytest.mark.parametrize("unsigned", [False, True])
def test_what_moves_integers_needs_no_form_of_its_own(tmp_path, unsigned):
    net = Integers((1, 4, 6, 6), unsigned)
    q = net.node("MaxPool", [net.input()], "p", kernel_shape=[2, 2])  # (1, 4, 5, 5)
    border = net.constant("v", np.array(99).astype(net.dtype))
    pads = net.constant("pads", np.array([0, 0, 1, 0, 0, 0, 0, 2]))
    q = net.node("Pad", [q, pads, border], "pad")  # (1, 4, 6, 7)
    size = net.constant("size", np.array([1, 4, 3, 7]))
    q = net.node("Resize", [q, "", "", size], "r", mode="nearest")
    bounds = [net.constant(f"k{i}", np.array([k])) for i, k in enumerate((1, 3, 1))]
    q = net.node("Slice", [q, *bounds], "s")  # (1, 2, 3, 7)
    net.nodes.append(helper.make_node("Split", [q], ["h0", "h1"], "split", axis=1))
    q = net.node("Transpose", ["h1"], "t", perm=[0, 2, 3, 1])
    q = net.node("Flatten", [q], "f")
    graph = compared(tmp_path, net.finish(None, (1, 21), [q, *net.scales["q"]]))
    pad = of_source(graph, "Pad")
    assert pad.value == (99 - 128 if unsigned else 99)


@pytest.mark.parametrize("unsigned", [False, True])
def test_resizes_integers_linearly(tmp_path, unsigned):
    net = Integers((1, 4, 6, 6), unsigned)
    size = net.constant("size", np.array([1, 4, 3, 13]))
    q = net.node("Resize", [net.input(), "", "", size], "r", mode="linear")
    graph = compared(tmp_path, net.finish(None, (1, 4, 3, 13), [q, *net.scales["q"]]))
    assert len(of_source(graph, "Resize").columns) == 13


@pytest.mark.parametrize("unsigned", [False, True])
def test_the_digits_as_onnxruntime_writes_them(tmp_path, unsigned):
    quantization = pytest.importorskip("onnxruntime.quantization")
    runtime = pytest.importorskip("onnxruntime")
    with np.load(MODELS / "digits_heldout.npz") as arrays:
        images, labels = arrays["images"], arrays["labels"]

    class Images(quantization.CalibrationDataReader):
        left = iter(images[:60])

        def get_next(self):
            image = next(self.left, None)
            return None if image is None else {"image": image[None]}

    kind = quantization.QuantType.QUInt8 if unsigned else quantization.QuantType.QInt8
    quantization.quantize_static(
        MODELS / "digits_float.onnx",
        tmp_path / "q.onnx",
        Images(),
        quant_format=quantization.QuantFormat.QOperator,
        per_channel=True,
        activation_type=kind,
        weight_type=quantization.QuantType.QInt8,
    )
    nodes = onnx.load(tmp_path / "q.onnx").graph.node
    assert {"QLinearConv", "QLinearAveragePool", "QGemm"} <= {node.op_type for node in nodes}
    graph = load(tmp_path / "q.onnx")
    session = runtime.InferenceSession(tmp_path / "q.onnx", providers=["CPUExecutionProvider"])
    ours, theirs = [], []
    for image in images[:200]:
        ours.append(network.run(graph, {"image": image[None]})["scores"].argmax())
        theirs.append(session.run(None, {"image": image[None]})[0].argmax())
    right = [np.sum(np.array(each) == labels[:200]) for each in (ours, theirs)]
    assert right[1] >= 190
    assert abs(right[0] - right[1]) <= 1


def test_refusals_name_the_integer_operator(tmp_path):
    net = Integers((1, 3, 4, 5))
    z = net.layer("QLinearGlobalAveragePool", net.triple(net.input()), "z", LITTLE, channels_last=1)
    message = refusal(tmp_path, net.finish(z, (1, 1, 1, 5)))
    assert "'n_z' (QLinearGlobalAveragePool): attribute channels_last is not supported" in message
    net = Integers((1, 4, 7, 6))
    inputs = [*net.triple(net.input()), *net.weights("w", (4, 4, 3, 3))]
    net.of("q2", 0.07, -5)
    inputs[1] = net.scales["q2"][0]
    c = net.layer("QLinearConv", inputs, "c", LARGE)
    message = refusal(tmp_path, net.finish(c, (1, 4, 5, 4)))
    assert "'n_c' (QLinearConv): scale 0.07" in message
    assert "are not those of its QuantizeLinear" in message
    net = Integers((1, 3, 4, 5))
    z = net.node("QLinearSigmoid", net.triple(net.input()), "z")  # not of onnxruntime's domain
    net.of("z", *LITTLE)
    assert "'n_z' (QLinearSigmoid): operator is not supported" in refusal(
        tmp_path, net.finish(z, (1, 3, 4, 5))
    )
