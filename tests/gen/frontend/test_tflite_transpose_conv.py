"""What the reader makes of TRANSPOSE_CONV, and what it refuses of it."""

from dataclasses import replace

import numpy as np
import pytest
import tflite
from tflite_models import Layer, Value, integers, single

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import TransposedConvolution

LAYER = Layer(
    (1, 4, 5, 2),
    np.arange(3 * 3 * 4 * 2, dtype=np.int8).reshape(3, 3, 4, 2),
    np.array([7, 8, 9], np.int32),
    np.array([0.5, 0.25, 1.0], np.float32),
    stride=(2, 3),
    activation="RELU",
    input_scale=0.5,
    output_scale=1.0,
    output_zero_point=-5,
)


def test_field_by_field(read):
    graph = read(LAYER.transposed(7, 15))
    (layer,) = graph
    assert type(layer) is TransposedConvolution
    assert (graph.inputs, layer.inputs, layer.output) == (("input",), ("input",), "output")
    assert graph.tensors["output"].shape == (1, 7, 15, 3)
    np.testing.assert_array_equal(layer.weights, LAYER.weights)
    assert layer.bias.tolist() == [7, 8, 9]
    assert layer.stride == (2, 3)
    assert layer.clamp == (-5, 127)
    # 0.5 * (0.5, 0.25, 1) / 1: mantissa one half
    assert layer.requantization.multiplier.tolist() == [2**30] * 3
    assert layer.requantization.shift.tolist() == [-1, -2, 0]


@pytest.mark.parametrize(
    ("padding", "size", "before"),
    [
        ("SAME", (8, 15), (0, 0)),  # 3 rows and 2 apart: one too many, behind
        ("SAME", (7, 13), (1, 1)),  # two too many, and three
        ("VALID", (7, 13), (0, 0)),
        ("VALID", (9, 16), (0, 0)),
    ],
)
def test_what_same_cuts_off_is_half_before(read, padding, size, before):
    (layer,) = read(replace(LAYER, padding=padding).transposed(*size))
    assert layer.before == before


def test_a_bias_may_be_absent(read):
    (layer,) = read(replace(LAYER, has_bias=False).transposed(8, 15))
    assert layer.bias.tolist() == [0, 0, 0]


MAP, OUT = Value((1, 4, 5, 2), 0.5), Value((1, 8, 10, 3), 1.0)
WEIGHTS = Value((3, 2, 2, 2), 1.0, data=np.ones((3, 2, 2, 2)))


SHAPE = integers(1, 8, 10, 3)


def given(shape=SHAPE, weights=WEIGHTS, source=MAP, target=OUT, **options):
    options = {"StrideH": 2, "StrideW": 2, "Padding": tflite.Padding.SAME} | options
    inputs = [shape, weights, source]
    return single("TRANSPOSE_CONV", inputs, [target], "TransposeConvOptions", **options)


def test_the_shortest_file_is_read(read):
    assert len(list(read(given()))) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (given(integers(1, 8, 10, 4)), "output has shape (1, 8, 10, 3); (1, 8, 10, 4)"),
        (given(Value((4,), dtype="int32")), "input 0 is computed; constant integers are accepted"),
        (
            given(weights=replace(WEIGHTS, shape=(3, 2, 4, 1))),
            "weights have 1 input channels; the input's 2 are accepted",
        ),
        (
            given(weights=replace(WEIGHTS, shape=(6, 2, 1, 2))),
            "output has shape (1, 8, 10, 3); (1, 8, 10, 6) is accepted",
        ),
        (given(weights=replace(WEIGHTS, shape=(3, 4, 2))), "weights have shape (3, 4, 2)"),
        (given(weights=Value((1, 2, 2, 2), 1.0)), "weights are computed"),
        (given(source=replace(MAP, shape=(1, 20, 2))), "input has shape (1, 20, 2); 4 dimensions"),
        (given(StrideH=9), "stride is 9x2; 1..8 is accepted"),
        (given(StrideW=0), "stride is 2x0; 1..8 is accepted"),
        (given(Padding=7), "padding is 7; SAME and VALID are accepted"),
        (given(FusedActivationFunction=5), "fused_activation_function is"),
        (single("TRANSPOSE_CONV", [MAP], [OUT], "TransposeConvOptions"), "has 1 inputs; 3..4"),
    ],
)
def test_refuses_in_one_line(read, content, words):
    with pytest.raises(InputError) as refusal:
        read(content)
    assert words in str(refusal.value)
    assert "(TRANSPOSE_CONV): " in str(refusal.value)
