"""What the reader makes of operators without weights, and what it refuses of them."""

import numpy as np
import pytest
import tflite
from tflite_models import ModelWriter, Value, activation, integers, single

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.tflite.families import OPERATORS
from zeroleap.gen.ir import (
    Add,
    AveragePool,
    Concatenate,
    Multiply,
    Pad,
    Reshape,
    Resize,
    Slice,
    Table,
    Transpose,
)

SHAPE = (1, 4, 6, 2)
SAME = Value(SHAPE, 0.5, 3)
OTHER = Value(SHAPE, 0.25, 3)
FLOAT = Value(SHAPE, dtype="float32")
ENDS = integers(1, 4, 6, 2)
ZEROS, ONES = integers(0, 0, 0, 0), integers(1, 1, 1, 1)


def of_shape(*shape, **fields):
    return Value(shape, 0.5, 3, **fields)


def test_add_field_by_field(read):
    second = Value((2,), 0.25, -1, data=[5, 6])
    target = Value(SHAPE, 1.0, 7)
    graph = read(single("ADD", [SAME, second], [target], "AddOptions", **activation("RELU6")))
    (layer,) = graph
    assert type(layer) is Add
    assert (layer.inputs, layer.output) == (("input0", "input1"), "output0")
    assert graph.constants["input1"].tolist() == [5, 6]
    assert graph.inputs == ("input0",)
    assert layer.clamp == (7, 13)
    # 0.5 / 1, 0.25 / 1 and 1 / 2**20: mantissa one half
    factors = (layer.first, layer.second, layer.requantization)
    assert [each.multiplier.tolist() for each in factors] == [[2**30]] * 3
    assert [each.shift.tolist() for each in factors] == [[0], [-1], [-19]]


def test_mean_of_rows_and_columns_is_one_pool(read):
    options = {"kind": "ReducerOptions", "KeepDims": True}
    (layer,) = read(single("MEAN", [SAME, integers(1, 2)], [of_shape(1, 1, 1, 2)], **options))
    assert type(layer) is AveragePool
    assert (layer.window, layer.stride) == ((4, 6), (1, 1))
    # 1 / 24 as 2**30 * 2**4 // 24 / 2**31 * 2**(1 - 4)
    assert layer.requantization.multiplier.tolist() == [2**34 // 24]
    assert layer.requantization.shift.tolist() == [-3]


def test_mean_of_channels_brings_them_behind_the_batch(read):
    options = {"kind": "ReducerOptions", "KeepDims": False}
    layers = read(single("MEAN", [SAME, integers(-1)], [of_shape(1, 4, 6)], **options))
    assert [type(layer) for layer in layers] == [Transpose, AveragePool, Reshape]
    move, mean, _ = layers.operators
    assert move.permutation == (0, 3, 1, 2)
    assert (mean.window, layers.tensors[mean.output].shape) == ((2, 1), (1, 1, 4, 6))


def test_prelu_is_made_of_what_there_is(read):
    slopes = Value((1, 1, 2), 0.1, 0, data=[10, -20])
    layers = read(single("PRELU", [SAME, slopes], [OTHER]))
    assert [type(layer) for layer in layers] == [Table, Table, Multiply, Add]
    assert layers.operators[-1].output == "output0"


def test_split_is_a_slice_for_each_output(read):
    part = of_shape(1, 4, 2, 2)
    layers = read(single("SPLIT", [integers(-2), SAME], [part] * 3, "SplitOptions", NumSplits=3))
    assert [type(layer) for layer in layers] == [Slice] * 3
    assert [layer.begin for layer in layers] == [(0, 0, at, 0) for at in (0, 2, 4)]
    assert [layer.output for layer in layers] == list(layers.outputs)


def test_copies_field_by_field(read):
    pads = Value((4, 2), dtype="int32", data=[[0, 0], [1, 2], [0, 0], [0, 3]])
    (pad,) = read(single("PAD", [SAME, pads], [of_shape(1, 7, 6, 5)], "PadOptions"))
    assert (type(pad), pad.pads) == (Pad, ((0, 0), (1, 2), (0, 0), (0, 3)))
    assert pad.value == 3
    (resize,) = read(
        single(
            "RESIZE_NEAREST_NEIGHBOR",
            [SAME, integers(2, 9)],
            [of_shape(1, 2, 9, 2)],
            "ResizeNearestNeighborOptions",
        )
    )
    assert (type(resize), resize.rows) == (Resize, (0, 2))
    assert resize.columns == (0, 0, 1, 2, 2, 3, 4, 4, 5)  # floor(i * 6 / 9)
    layers = read(
        single(
            "CONCATENATION", [SAME, OTHER], [of_shape(1, 4, 12, 2)], "ConcatenationOptions", Axis=-2
        )
    )
    assert [type(layer) for layer in layers] == [Table, Concatenate]
    assert layers.operators[1].axis == 2


def test_bytes_to_bytes_are_a_table(read):
    (layer,) = read(single("QUANTIZE", [SAME], [OTHER], "QuantizeOptions"))
    assert type(layer) is Table
    assert layer.values[128 + 3 : 128 + 6].tolist() == [3, 5, 7]


def strided(begin=ZEROS, end=ENDS, steps=ONES, target=SAME, **masks):
    sources = [SAME, begin, end, steps]
    return single("STRIDED_SLICE", sources, [target], "StridedSliceOptions", **masks)


def resized(*size, target=SHAPE):
    return single(
        "RESIZE_NEAREST_NEIGHBOR",
        [SAME, integers(*size)],
        [of_shape(*target)],
        "ResizeNearestNeighborOptions",
    )


def concatenated(*sources, target, **options):
    return single("CONCATENATION", sources, [target], "ConcatenationOptions", **options)


INDEX = {"kind": "ArgMaxOptions", "OutputType": tflite.TensorType.INT32}
COMPUTED = Value((4,), dtype="int32")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (single("ADD", [SAME], [SAME], "AddOptions"), "has 1 inputs; 2 are accepted"),
        (single("ADD", [SAME, FLOAT], [SAME], "AddOptions"), "input 1 is float32; int8"),
        (
            single("ADD", [SAME, of_shape(1, 4, 5, 2)], [SAME], "AddOptions"),
            "inputs have shapes (1, 4, 6, 2) and (1, 4, 5, 2); equal lengths, or 1",
        ),
        (
            single("SUB", [SAME, SAME], [of_shape(1, 4, 6, 1)], "SubOptions"),
            "output has shape (1, 4, 6, 1); (1, 4, 6, 2) is accepted",
        ),
        (
            single("ADD", [SAME, SAME], [Value(SHAPE, 2.0**-21)], "AddOptions"),
            "output's scale must be more than",
        ),
        (
            single("MUL", [SAME, SAME], [SAME], "MulOptions", **activation("TANH")),
            "fused_activation_function is TANH; NONE",
        ),
        (
            single("MAXIMUM", [SAME, OTHER], [SAME], "MaximumMinimumOptions"),
            "output has scale 0.5; the input's, 0.25, is accepted",
        ),
        (single("LOGISTIC", [SAME], [SAME]), "output has scale 0.5 and zero point 3; 0.00390625"),
        (single("TANH", [SAME], [SAME]), "output has scale 0.5 and zero point 3; 0.0078125 and 0"),
        (single("RELU", [FLOAT], [SAME]), "input is float32; int8 is accepted: quantise to int8"),
        (single("RELU6", [SAME], [of_shape(1, 4, 6)]), "output has shape (1, 4, 6)"),
        (single("LEAKY_RELU", [SAME], [SAME]), "has no LeakyReluOptions"),
        (
            single("LEAKY_RELU", [SAME], [SAME], "LeakyReluOptions", Alpha=float("nan")),
            "a real multiplier must be finite",
        ),
        (
            single("RELU", [Value(SHAPE, 1e38)], [Value(SHAPE, 1e-6)]),
            "a real multiplier must be finite",
        ),
        (
            single("SUB", [Value(SHAPE, 3e38)] * 2, [Value(SHAPE, 1e-6)], "SubOptions"),
            "a real multiplier must be finite",
        ),
        (
            single("HARD_SWISH", [Value(SHAPE, 100.0)], [Value(SHAPE, 0.1)]),
            "ratio of the input's to the output's scale",
        ),
        (single("PRELU", [SAME, of_shape(1, 1, 2)], [SAME]), "alpha is computed"),
        (
            single("PRELU", [SAME, of_shape(3, data=[1, 2, 3])], [SAME]),
            "alpha has shape (3,) with input (1, 4, 6, 2)",
        ),
        (single("MEAN", [SAME, integers(4)], [SAME], "ReducerOptions"), "axis is (4,); axes in"),
        (single("MEAN", [SAME, COMPUTED], [SAME], "ReducerOptions"), "input 1 is computed"),
        (
            single("MEAN", [SAME, integers(1, 2)], [of_shape(1, 1, 1, 2)], "ReducerOptions"),
            "output has shape (1, 1, 1, 2); (1, 2) is accepted",
        ),
        (single("PAD", [SAME, integers(0, 0, -1, 1)], [SAME], "PadOptions"), "paddings are"),
        (
            single("PAD", [SAME, integers(*[0] * 8)], [of_shape(1, 4, 6, 3)], "PadOptions"),
            "output has shape (1, 4, 6, 3); (1, 4, 6, 2) is accepted",
        ),
        (
            single("PADV2", [SAME, integers(*[0] * 8), of_shape(1)], [SAME], "PadV2Options"),
            "constant_values are computed",
        ),
        (concatenated(SAME, target=SAME, Axis=4), "axis is 4; -4..3 is accepted"),
        (concatenated(SAME, SAME, target=SAME, Axis=3), "output has shape (1, 4, 6, 2)"),
        (
            concatenated(SAME, of_shape(1, 4, 5, 2), target=of_shape(1, 4, 6, 4), Axis=3),
            "shapes that differ on axis 3 only are accepted",
        ),
        (
            concatenated(SAME, target=SAME, Axis=3, **activation("RELU")),
            "fused_activation_function is not NONE",
        ),
        (
            single("SPLIT", [integers(1), SAME], [SAME] * 2, "SplitOptions", NumSplits=2),
            "2 outputs have shape (1, 4, 6, 2); equal parts",
        ),
        (
            single("SLICE", [SAME, ZEROS, integers(1, 5, 6, 2)], [SAME], "SliceOptions"),
            "begin (0, 0, 0, 0) and size (1, 5, 6, 2)",
        ),
        (single("SLICE", [SAME, ZEROS, COMPUTED], [SAME], "SliceOptions"), "input 2 is computed"),
        (strided(NewAxisMask=1), "NewAxisMask is 1; 0 is accepted"),
        (strided(EllipsisMask=2), "EllipsisMask is 2; 0 is accepted"),
        (strided(steps=integers(1, 0, 1, 1)), "strides not 0, are accepted"),
        (strided(begin=integers(0, 4, 0, 0)), "begin (0, 4, 0, 0) of input (1, 4, 6, 2)"),
        (strided(end=integers(1, 3, 6, 2)), "output has shape (1, 4, 6, 2); (1, 3, 6, 2)"),
        (
            single(
                "RESIZE_BILINEAR",
                [SAME, integers(4, 6)],
                [SAME],
                "ResizeBilinearOptions",
                AlignCorners=True,
                HalfPixelCenters=True,
            ),
            "align_corners and half_pixel_centers are true; one is accepted",
        ),
        (resized(8, 12), "output has shape (1, 4, 6, 2); (1, 8, 12, 2) is accepted"),
        (resized(0, 6), "size is (0, 6); height and width in 1..32768"),
        (
            single("TRANSPOSE", [SAME, integers(0, 1, 1, 2)], [SAME], "TransposeOptions"),
            "permutation is (0, 1, 1, 2); one of 4 axes",
        ),
        (
            single("TRANSPOSE", [SAME, integers(0, 2, 1, 3)], [SAME], "TransposeOptions"),
            "output has shape (1, 4, 6, 2); (1, 6, 4, 2) is accepted",
        ),
        (
            single("ARG_MAX", [SAME, integers(4)], [COMPUTED], **INDEX),
            "dimension is (4,); one of -4..3",
        ),
        (single("ARG_MAX", [SAME, integers(3)], [SAME], **INDEX), "output int8; int8, and int32"),
        (
            single("LOG_SOFTMAX", [SAME], [SAME], "LogSoftmaxOptions"),
            "output has scale 0.5 and zero point 3; 1/16 and 127",
        ),
        (
            single("DEQUANTIZE", [FLOAT], [FLOAT], "DequantizeOptions"),
            "input is float32 and output float32; int8 or uint8",
        ),
        (single("QUANTIZE", [SAME], [FLOAT], "QuantizeOptions"), "output is float32; int8 and"),
    ],
)
def test_refuses_in_one_line_that_names_layer_and_operator(read, model, words):
    with pytest.raises(InputError) as error:
        read(model)
    assert words in str(error.value)
    assert str(error.value).startswith("model.tflite: layer 0 'output0' (")


@pytest.mark.parametrize("code", ["LOG_SOFTMAX", "ADD", "CONCATENATION"])
def test_says_where_a_model_that_goes_back_to_float_may_end(read, code):
    options = {"ADD": "AddOptions", "CONCATENATION": "ConcatenationOptions"}
    writer = ModelWriter()
    source, scores, target = (
        writer.tensor(name, SHAPE, dtype, scales)
        for name, dtype, scales in (("x", "int8", [0.5]), ("y", "float32", []), ("z", "int8", [1]))
    )
    writer.operator("DEQUANTIZE", [source], [scores])
    inputs = [scores, source] if code == "ADD" else [scores]
    writer.operator(code, inputs, [target], options.get(code))
    with pytest.raises(InputError) as error:
        read(writer.finish([source], [target]))
    assert str(error.value).startswith(f"model.tflite: layer 1 'z' ({code}): input")
    assert str(error.value).endswith(
        " is float32; int8 is accepted: quantise this layer too, or end the model before it, at"
        " 'y', and compute it from what zeroleap gives"
    )


def test_constants_are_checked(read):
    both = of_shape(2, data=[1, 2])
    with pytest.raises(InputError, match="both inputs are constants"):
        read(single("ADD", [both, both], [of_shape(2)], "AddOptions"))
    values = np.arange(48).reshape(SHAPE)
    (layer,) = graph = read(single("MUL", [of_shape(*SHAPE, data=values), SAME], [SAME]))
    assert graph.constants[layer.inputs[0]].tolist() == values.tolist()


def test_every_other_operator_is_refused_by_name(read):
    codes = {name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}
    others = sorted(codes - set(OPERATORS) - {"CUSTOM", "PLACEHOLDER_FOR_GREATER_OP_CODES"})
    assert len(others) > 100
    for code in others:
        with pytest.raises(InputError) as error:
            read(single(code, [SAME], [SAME]))
        assert f"layer 0 'output0' ({code}): operator is not supported" in str(error.value)
