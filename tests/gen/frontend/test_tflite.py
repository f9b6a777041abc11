"""The reader of TensorFlow Lite files, on small files and on real ones."""

from pathlib import Path

import numpy as np
import pytest
import tflite

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.ir import (
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    Padding,
    Quantize,
    Reshape,
    Softmax,
)
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference import network

MODELS = Path(__file__).parents[4] / "shared" / "models"
needs_models = pytest.mark.skipif(not MODELS.is_dir(), reason="the real models are not here")


def refusal(tmp_path, content):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        load(path)
    return str(error.value)


def read(tmp_path, content):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    return load(path)


def test_convolution_field_by_field(tmp_path, lite):
    graph = read(tmp_path, lite.build(*lite.convolution()))
    (layer,) = graph
    assert isinstance(layer, Convolution)
    assert (layer.name, layer.source, layer.inputs, layer.output) == (
        "y",
        "CONV_2D",
        ("x",),
        "y;y/BiasAdd",
    )
    assert np.array_equal(layer.weights, (np.arange(24) - 9).reshape(3, 2, 2, 2))
    assert layer.bias.tolist() == [-(10**9), 0, 10**9]
    assert layer.stride == (1, 1)
    assert layer.padding == Padding()
    # 0.5 * (0.25, 0.5, 1) / 0.125 = 1, 2, 4: mantissa one half
    assert layer.requantization.multiplier.tolist() == [2**30] * 3
    assert layer.requantization.shift.tolist() == [1, 2, 3]
    assert layer.clamp == (-128, 127)
    tensors = [graph.tensors[name] for name in ("x", "y;y/BiasAdd")]
    assert [(t.shape, t.dtype, t.scale, t.zero_point) for t in tensors] == [
        ((1, 5, 4, 2), "int8", 0.5, -3),
        ((1, 4, 3, 3), "int8", 0.125, 7),
    ]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "out", "before", "after"),
    [
        (5, 3, 1, 5, 1, 1),
        (5, 2, 1, 5, 0, 1),  # one missing: at the end
        (6, 3, 2, 3, 0, 1),
        (5, 3, 2, 3, 1, 1),
        (7, 5, 3, 3, 2, 2),
        (4, 1, 2, 2, 0, 0),  # more input than the windows use
    ],
)
def test_same_padding_worked_by_hand(tmp_path, lite, size, kernel, stride, out, before, after):
    fields = {"Padding": 0, "StrideH": stride, "StrideW": 1}
    content = lite.build(
        *lite.convolution((3, kernel, 1, 2), (1, size, 4, 2), (1, out, 4, 3), fields=fields)
    )
    (layer,) = read(tmp_path, content)
    assert layer.padding == Padding(before, after, 0, 0)
    fields = {"Padding": 0, "StrideW": stride, "StrideH": 1}
    content = lite.build(
        *lite.convolution((3, 1, kernel, 2), (1, 4, size, 2), (1, 4, out, 3), fields=fields)
    )
    (layer,) = read(tmp_path, content)
    assert layer.padding == Padding(0, 0, before, after)
    assert layer.stride == (1, stride)


@pytest.mark.parametrize(
    ("activation", "clamp"), [(0, (-128, 127)), (1, (7, 127)), (3, (7, 55)), (2, (-1, 15))]
)
def test_fused_activation_becomes_the_clamp(tmp_path, lite, activation, clamp):
    fields = {"FusedActivationFunction": activation}
    (layer,) = read(tmp_path, lite.build(*lite.convolution(fields=fields)))
    assert layer.clamp == clamp


def test_bias_may_be_absent_and_weights_may_share_a_scale(tmp_path, lite):
    tensors, (step,) = lite.convolution()
    tensors[1].scales, tensors[1].zeros = [0.25], [0]
    step.inputs = [0, 1, -1]
    (layer,) = read(tmp_path, lite.build(tensors, [step]))
    assert layer.bias.tolist() == [0, 0, 0]
    assert layer.requantization.shift.tolist() == [1, 1, 1]


def change(**fields):
    return lambda tensors, step: step.fields.update(fields)


def on(index, **fields):
    return lambda tensors, step: vars(tensors[index]).update(fields)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (change(DilationHFactor=0), "dilation is 0x1; 1..32768 is accepted"),
        (change(StrideW=0), "stride is 1x0; 1..32768"),
        (change(Padding=5), "padding is 5; SAME and VALID"),
        (change(FusedActivationFunction=4), "fused_activation_function is TANH; NONE"),
        (on(0, dtype="FLOAT32"), "input is float32; int8"),
        (on(0, dtype="INT16"), "tensor 'x' is INT16; INT8"),
        (on(0, scales=[]), "tensor 'x' has 0 scales; exactly one"),
        (on(0, scales=[float("nan")]), "tensor 'x' has scale nan; a positive one"),
        (on(0, zeros=[128]), "zero point 128; -128..127"),
        (on(0, variable=True), "tensor 'x' keeps state"),
        (on(0, shape=(2, 5, 4, 2)), "has shape (2, 5, 4, 2); a batch (first dimension) of 1"),
        (
            on(0, shape=(1, 5, 4, 4)),
            "3 output and 2 input channels and the input has 4; groups of equal sizes",
        ),
        (on(0, shape=(1, 2**16, 2**16, 2)), "at most 268435456 elements"),
        (on(1, dtype="UINT8"), "weights are UINT8; INT8 with zero point 0"),
        (on(1, zeros=[0, 1, 0]), "weights have zero point 1; 0 is accepted"),
        (on(1, axis=3), "weights have quantized_dimension 3; 0 is accepted"),
        (on(1, scales=[1.0, 2.0]), "weights have 2 scales; 1 or 3"),
        (on(1, data=None), "weights are computed"),
        (on(2, data=b"1234" * 2, shape=(2,)), "bias has 2 values; 3 are accepted"),
        (on(2, dtype="FLOAT32"), "bias is FLOAT32; a constant INT32"),
        (on(3, shape=(1, 4, 4, 3)), "output has shape (1, 4, 4, 3); (1, 4, 3, 3) is accepted"),
        (on(3, dtype="UINT8"), "output is uint8; int8"),
    ],
)
def test_refuses_in_one_line_that_names_the_layer(tmp_path, lite, fault, words):
    tensors, (step,) = lite.convolution()
    fault(tensors, step)
    message = refusal(tmp_path, lite.build(tensors, [step]))
    assert words in message
    assert message.startswith(
        ("model.tflite: layer 0 'y' (CONV_2D): ", "model.tflite: model input")
    )
    assert "\n" not in message


def test_refuses_several_subgraphs_and_operators_out_of_order(tmp_path, lite):
    tensors, steps = lite.convolution()
    assert "2 subgraphs; 1 is accepted" in refusal(
        tmp_path, lite.build(tensors, steps, subgraphs=2)
    )
    tensors.append(lite.tensor("z", (1, 12, 3), scales=[0.125], zeros=[7]))
    late = lite.operator("RESHAPE", [3], [4])
    assert len(read(tmp_path, lite.build(tensors, [*steps, late])).operators) == 2
    assert "no earlier layer writes" in refusal(tmp_path, lite.build(tensors, [late, *steps]))
    assert "wrote" in refusal(tmp_path, lite.build(tensors, [*steps, late, late]))
    assert "written by no layer" in refusal(tmp_path, lite.build(tensors, steps))


def test_pools_must_keep_the_scale(tmp_path, lite):
    tensors = [lite.tensor("x", (1, 4, 4, 2)), lite.tensor("y", (1, 2, 2, 2))]
    fields = {"Padding": 1, "StrideH": 2, "StrideW": 2, "FilterHeight": 2, "FilterWidth": 2}
    for code in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        step = lite.operator(code, [0], [1], "Pool2DOptions", **fields)
        (layer,) = read(tmp_path, lite.build(tensors, [step]))
        assert (layer.window, layer.stride) == ((2, 2), (2, 2))
        assert layer.source == code
        for name, value in (("scale", 0.25), ("zero_point", 1)):
            key = "scales" if name == "scale" else "zeros"
            other = lite.tensor("y", (1, 2, 2, 2), **{key: [value]})
            message = refusal(tmp_path, lite.build([tensors[0], other], [step]))
            assert f"({code}): output has {name} {value}" in message


def test_dense_layers_keep_or_drop_dimensions(tmp_path, lite):
    tensors = [
        lite.tensor("x", (1, 3, 4)),
        lite.tensor("w", (2, 4), data=np.arange(8)),
        lite.tensor("y", (1, 3, 2)),
    ]
    step = lite.operator("FULLY_CONNECTED", [0, 1], [2], "FullyConnectedOptions", KeepNumDims=True)
    (layer,) = read(tmp_path, lite.build(tensors, [step]))
    assert layer.weights.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    core = legalise(read(tmp_path, lite.build(tensors, [step])))
    (kernel,) = [op for op in core if isinstance(op, Convolution)]
    assert kernel.weights.shape == (2, 1, 1, 4)
    assert core.tensors[kernel.input].shape == (1, 1, 3, 4)
    step.fields["WeightsFormat"] = 1
    assert "weights_format is 1" in refusal(tmp_path, lite.build(tensors, [step]))


def test_a_dense_layer_multiplies_its_scales_in_double(tmp_path, lite):
    tensors = [
        lite.tensor("x", (1, 4), scales=[0.1]),
        lite.tensor("w", (2, 4), scales=[0.3], data=np.arange(8)),
        lite.tensor("y", (1, 2), scales=[1.0]),
    ]
    step = lite.operator("FULLY_CONNECTED", [0, 1], [2], "FullyConnectedOptions")
    (layer,) = read(tmp_path, lite.build(tensors, [step]))
    assert layer.requantization.multiplier[0] % 128 != 0  # more than the 24 bits of float32


def test_refuses_records_that_contradict_the_file(tmp_path, lite):
    tensors, (step,) = lite.convolution()
    whole = lite.build(tensors, [step])
    assert "version must be 3, not 2" in refusal(tmp_path, lite.build(tensors, [step], version=2))
    for wrong in (99, -2):
        step.inputs = [0, wrong, 2]
        message = refusal(tmp_path, lite.build(tensors, [step]))
        assert f"Inputs must be tensors -1..3, not {wrong}" in message
    step.inputs = [0, 1, 2]
    message = refusal(tmp_path, lite.build(tensors, [step], outputs=[-1]))
    assert "Outputs must be tensors 0..3, not -1" in message
    tensors[1].shape = (3, 2, 2, 3)
    message = refusal(tmp_path, lite.build(tensors, [step]))
    assert "shape (3, 2, 2, 3) must have 36 bytes, not 24" in message
    content = bytearray(whole)
    table = tflite.Model.GetRootAs(whole, 0).Subgraphs(0)._tab
    start = table.Vector(table.Offset(4)) - 4
    content[start : start + 4] = (2**31 - 1).to_bytes(4, "little")
    message = refusal(tmp_path, bytes(content))
    assert f"Tensors claims 2147483647 entries in a file of {len(whole)} bytes" in message


@needs_models
def test_reads_microtvm_mnist_as_its_file_has_it():
    graph = load(MODELS / "tflite" / "microtvm_mnist_uint8io.tflite")
    assert [(op.source, graph.tensors[op.output].shape) for op in graph] == [
        ("QUANTIZE", (1, 28, 28, 1)),
        ("CONV_2D", (1, 26, 26, 12)),
        ("MAX_POOL_2D", (1, 13, 13, 12)),
        ("CONV_2D", (1, 11, 11, 32)),
        ("MAX_POOL_2D", (1, 5, 5, 32)),
        ("CONV_2D", (1, 3, 3, 64)),
        ("MAX_POOL_2D", (1, 1, 1, 64)),
        ("RESHAPE", (1, 64)),
        ("FULLY_CONNECTED", (1, 10)),
        ("QUANTIZE", (1, 10)),
    ]
    assert [graph.tensors[op.output].zero_point for op in graph] == [-128] * 8 + [-1, 127]
    assert [
        (t.dtype, t.zero_point) for t in (graph.tensors["input_1"], graph.tensors["Identity"])
    ] == [
        ("uint8", 0),
        ("uint8", 127),
    ]
    assert [op.stride for op in graph if hasattr(op, "stride")] == [(1, 1), (2, 2)] * 3
    assert [op.padding for op in graph if hasattr(op, "padding")] == [Padding()] * 6


@needs_models
def test_legal_microtvm_mnist_has_only_its_edges_on_the_host():
    graph = legalise(load(MODELS / "tflite" / "microtvm_mnist_uint8io.tflite"))
    kinds = [op.kind for op in graph]
    core = ["conv", "max_pool"] * 3 + ["conv"]
    assert kinds == ["quantize", *core, "reshape", "quantize"]
    assert (graph.inputs, graph.outputs) == (("input_1",), ("Identity",))


@needs_models
def test_reads_hello_world_as_its_file_has_it():
    graph = load(MODELS / "tflite" / "hello_world_int8.tflite")
    assert all(isinstance(op, FullyConnected) for op in graph)
    assert [op.weights.shape for op in graph] == [(16, 1), (16, 16), (1, 16)]
    assert [graph.tensors[op.output].zero_point for op in graph] == [-128, -128, 5]
    kernels = [op.weights.shape for op in legalise(graph) if isinstance(op, Convolution)]
    assert kernels == [(16, 1, 1, 1), (16, 1, 1, 16), (1, 1, 1, 16)]


@needs_models
@pytest.mark.parametrize(
    "name",
    ["hello_world_int8", "microtvm_mnist_uint8io", "ad_autoencoder_int8", "micro_speech_int8"],
)
def test_equals_the_published_outputs_to_the_bit(name):
    graph = load(MODELS / "tflite" / f"{name}.tflite")
    golden = np.load(MODELS / "golden" / f"{name}.npz")
    cases = [key.removesuffix("_in0") for key in golden.files if key.endswith("_in0")]
    assert cases
    for form in (graph, legalise(graph)):
        for case in cases:
            values = network.run(form, {form.inputs[0]: golden[f"{case}_in0"]})
            assert np.array_equal(values[form.outputs[0]], golden[f"{case}_out0"]), case


@needs_models
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "hybrid_float_mnist",
            "layer 0 'sequential/conv2d/Conv2D_dequant' (ADD): has 1 inputs; 2 are accepted",
        ),
        ("lstm_mnist_int8", "(UNIDIRECTIONAL_SEQUENCE_LSTM): operator is not supported"),
        ("mobilenetv1_025_128_uint8", "Conv2d_0/Relu6' (CONV_2D): weights are UINT8"),
        ("wake_word_stateful_int8", "layer 0 'layer0' (CALL_ONCE): operator is not supported"),
    ],
)
def test_refuses_unsupported_models_by_name(name, words):
    with pytest.raises(InputError) as error:
        load(MODELS / "unsupported" / f"{name}.tflite")
    assert words in str(error.value)
    assert str(error.value).startswith(f"{name}.tflite: layer ")


def depthwise(lite, depth=2, multiplier=1, **change):
    """Return tensors and the operator of one DEPTHWISE_CONV_2D with kernels of 3 x 2."""
    channels = depth * multiplier
    tensors = {
        "x": lite.tensor("x", (1, 5, 4, depth), scales=[0.5], zeros=[-3]),
        "w": lite.tensor(
            "w",
            (1, 3, 2, channels),
            scales=[0.25 * 2**i for i in range(channels)],
            zeros=[0] * channels,
            data=np.arange(6 * channels) - 7,
            axis=3,
        ),
        "b": lite.tensor(
            "b",
            (channels,),
            "INT32",
            scales=[0.125 * 2**i for i in range(channels)],
            zeros=[0] * channels,
            data=np.arange(channels) * 10**9,
            axis=3,  # of one dimension, as in person_detect
        ),
        "y": lite.tensor("y", (1, 2, 3, channels), scales=[0.125], zeros=[7]),
    }
    fields = {"Padding": 1, "StrideH": 2, "StrideW": 1, "DepthMultiplier": multiplier}
    fields |= {"DilationHFactor": 1, "DilationWFactor": 1} | change
    step = lite.operator("DEPTHWISE_CONV_2D", [0, 1, 2], [3], "DepthwiseConv2DOptions", **fields)
    return list(tensors.values()), step


def test_depthwise_field_by_field(tmp_path, lite):
    tensors, step = depthwise(lite, FusedActivationFunction=3)
    (layer,) = read(tmp_path, lite.build(tensors, [step]))
    assert type(layer) is DepthwiseConvolution
    assert (layer.name, layer.source, layer.inputs, layer.output) == (
        "y",
        "DEPTHWISE_CONV_2D",
        ("x",),
        "y",
    )
    assert layer.weights.tolist() == [
        [[-7, -5], [-3, -1], [1, 3]],
        [[-6, -4], [-2, 0], [2, 4]],
    ]
    assert layer.weights.flags.c_contiguous
    assert layer.bias.tolist() == [0, 10**9]
    assert (layer.stride, layer.padding, layer.clamp) == ((2, 1), Padding(), (7, 55))
    # 0.5 * (0.25, 0.5) / 0.125 = 1, 2: mantissa one half
    assert layer.requantization.multiplier.tolist() == [2**30] * 2
    assert layer.requantization.shift.tolist() == [1, 2]
    tensors[1].scales, tensors[1].zeros, tensors[1].axis = [0.25], [0], 0
    (layer,) = read(tmp_path, lite.build(tensors, [step]))
    assert layer.requantization.shift.tolist() == [1, 1]


@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_of_one_input_channel_is_a_convolution(tmp_path, lite, multiplier):
    tensors, step = depthwise(lite, 1, multiplier)
    (layer,) = read(tmp_path, lite.build(tensors, [step]))
    assert type(layer) is Convolution
    assert layer.weights.shape == (multiplier, 3, 2, 1)
    assert layer.weights[-1].ravel().tolist() == [multiplier * (i + 1) - 8 for i in range(6)]
    assert layer.requantization.shift.tolist() == [1, 2, 3][:multiplier]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (change(DilationWFactor=0), "dilation is 1x0; 1..32768 is accepted"),
        (change(FusedActivationFunction=4), "fused_activation_function is TANH; NONE"),
        (change(DepthMultiplier=2), "and depth_multiplier 2; (1, height, width, 4) is accepted"),
        (change(DepthMultiplier=0), "and depth_multiplier 0; (1, height, width, 0) is accepted"),
        (change(StrideH=0), "stride is 0x1; 1..32768"),
        (on(0, shape=(1, 5, 4, 1)), "weights have shape (1, 3, 2, 2) with 1 input channels"),
        (on(1, axis=0), "weights have quantized_dimension 0; 3 is accepted"),
        (on(1, scales=[1.0] * 3), "weights have 3 scales; 1 or 2"),
        (on(1, dtype="UINT8"), "weights are UINT8"),
        (on(1, shape=(2, 3, 2, 1), scales=[1.0], zeros=[0]), "weights have shape (2, 3, 2, 1)"),
        (on(1, zeros=[0, 5]), "weights have zero point 5; 0 is accepted"),
        (on(3, shape=(1, 2, 4, 2)), "output has shape (1, 2, 4, 2); (1, 2, 3, 2) is accepted"),
    ],
)
def test_refuses_depthwise_in_one_line(tmp_path, lite, fault, words):
    tensors, step = depthwise(lite)
    fault(tensors, step)
    message = refusal(tmp_path, lite.build(tensors, [step]))
    assert words in message
    assert message.startswith("model.tflite: layer 0 'y' (DEPTHWISE_CONV_2D): ")


def test_depth_multiplier_of_several_channels_is_a_convolution_in_groups(tmp_path, lite):
    tensors, step = depthwise(lite, 2, 3)
    (layer,) = read(tmp_path, lite.build(tensors, [step]))
    assert (type(layer), layer.groups, layer.weights.shape) == (Convolution, 2, (6, 3, 2, 1))
    assert layer.weights[4].ravel().tolist() == [-3, 3, 9, 15, 21, 27]


def softmax(lite, beta=1.0, shape=(1, 6), source=None, target=None):
    tensors = [
        lite.tensor("x", shape, **{"scales": [0.25], "zeros": [9]} | (source or {})),
        lite.tensor("y", (1, 6), **{"scales": [1 / 256], "zeros": [-128]} | (target or {})),
    ]
    return lite.build(tensors, [lite.operator("SOFTMAX", [0], [1], "SoftmaxOptions", Beta=beta)])


def test_softmax_keeps_its_beta(tmp_path, lite):
    (layer,) = read(tmp_path, softmax(lite, 0.75))
    assert type(layer) is Softmax
    assert (layer.beta, layer.inputs, layer.output) == (0.75, ("x",), "y")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"beta": 0.0}, "beta is 0.0 and the input's scale 0.25; a product of more than"),
        ({"beta": 2.0**-24}, "a product of more than 1.49"),
        ({"beta": float("nan")}, "beta is nan"),
        ({"beta": float("inf")}, "beta is inf"),
        ({"source": {"dtype": "FLOAT32", "scales": [], "zeros": []}}, "input is float32; int8"),
        (
            {"target": {"scales": [1 / 128]}},
            "output has scale 0.0078125 and zero point -128; 1/256",
        ),
        ({"target": {"zeros": [0]}}, "and zero point 0; 1/256 and -128 are accepted"),
        ({"shape": (1, 3, 2)}, "input has shape (1, 3, 2) and output (1, 6); equal shapes"),
    ],
)
def test_refuses_softmax_in_one_line(tmp_path, lite, arguments, words):
    message = refusal(tmp_path, softmax(lite, **arguments))
    assert words in message
    assert message.startswith("model.tflite: layer 0 'y' (SOFTMAX): ")


def test_quantize_from_float_and_between_integers(tmp_path, lite):
    tensors = [
        lite.tensor("x", (1, 6), "FLOAT32", scales=[], zeros=[]),
        lite.tensor("q", (1, 6), "UINT8", scales=[0.5], zeros=[3]),
        lite.tensor("y", (1, 6), scales=[0.25], zeros=[-125]),
    ]
    steps = [lite.operator("QUANTIZE", [i], [i + 1]) for i in range(2)]
    first, second = read(tmp_path, lite.build(tensors, steps))
    assert isinstance(first, Quantize)
    assert (first.requantization, first.ties) == (None, "away")
    assert second.requantization.multiplier.tolist() == [2**30]
    assert second.requantization.shift.tolist() == [2]  # 0.5 / 0.25 = 2


def test_reshapes_of_three_names(tmp_path, lite):
    tensors = [lite.tensor("x", (1, 2, 3)), lite.tensor("y", (1, 2, 3, 1))]
    for code in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"):
        (layer,) = read(tmp_path, lite.build(tensors, [lite.operator(code, [0], [1])]))
        assert isinstance(layer, Reshape)
    tensors[1].shape = (1, 2, 4)
    assert "6 elements" in refusal(
        tmp_path, lite.build(tensors, [lite.operator("RESHAPE", [0], [1])])
    )
