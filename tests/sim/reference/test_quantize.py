"""Edges by hand and against the oracle."""

import numpy as np
import pytest
from oracle import output_of
from tflite_models import dequantize as dequantize_model
from tflite_models import quantize as quantize_model

from zeroleap.gen.ir import Dequantize, Quantize, Tensor
from zeroleap.sim.reference.quantize import dequantize, quantize

# The last two become 1 if 0.5 is added in float32.
TIES = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.4, -0.6, 0.49999997, -0.49999997]


def quantize_floats(values, ties, scale=1.0, zero_point=0, dtype="int8"):
    array = np.array(values, np.float32)
    source = Tensor("x", array.shape, "float32")
    target = Tensor("y", array.shape, dtype, scale, zero_point)
    return quantize(Quantize("q", "Q", ("x",), "y", ties=ties), array, source, target).tolist()


def test_ties_go_away_from_zero_in_tensorflow_lite():
    assert quantize_floats(TIES, "away") == [1, 2, 3, -1, -2, -3, 0, -1, 0, 0]


def test_ties_go_to_even_in_onnx():
    assert quantize_floats(TIES, "even") == [0, 2, 2, 0, -2, -2, 0, -1, 0, 0]


def test_ties_are_taken_before_the_zero_point():
    assert quantize_floats([0.5, 1.5, -0.5], "even", zero_point=1) == [1, 3, 1]
    assert quantize_floats([0.5, -0.5], "away", zero_point=-10) == [-9, -11]


def test_divides_in_float32():
    # 3.85 / 0.7 is 5.5 in float32, but 5.4999996 of the two in float64.
    assert float(np.float32(3.85)) / float(np.float32(0.7)) < 5.5
    assert quantize_floats([3.85], "away", scale=float(np.float32(0.7))) == [6]


def test_saturates():
    values = [126.5, 127.5, -128.6, 1e30, -1e30, np.inf, -np.inf]
    assert quantize_floats(values, "away") == [127, 127, -128, 127, -128, 127, -128]
    assert quantize_floats([-1, 256, 1e30], "away", dtype="uint8") == [0, 255, 255]


def test_refuses_what_is_not_a_number():
    with pytest.raises(ValueError, match="x must hold numbers"):
        quantize_floats([np.nan], "away")


@pytest.mark.parametrize("seed", range(6))
def test_floats_are_the_oracles(equal_to_oracle, seed):
    rng = np.random.default_rng(seed)
    scale = float(np.float32(rng.uniform(0.001, 0.5)))
    steps = np.concatenate([np.arange(-300, 300) / 2, rng.uniform(-400, 400, 400), TIES])
    values = (steps * scale).astype(np.float32)[None]
    model = quantize_model(
        values.shape, ("float32",), ("int8", scale, int(rng.integers(-128, 128)))
    )
    equal_to_oracle(model, values)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (("uint8", 0.5, 128), ("int8", 0.5, 0)),
        (("uint8", 0.5, 3), ("int8", 0.5, -125)),
        (("uint8", 0.5, 0), ("int8", 0.5, 0)),
        (("uint8", 0.017, 99), ("int8", 0.05, -7)),
        (("int8", 0.5, 0), ("uint8", 0.5, 128)),
        (("int8", 0.05, -128), ("uint8", 0.02, 0)),
        (("int8", 0.05, 4), ("int8", 0.1, -3)),
        (("int8", 0.1, 4), ("int8", 0.025, 100)),
        (("int8", 0.001, 0), ("int8", 100.0, 1)),
    ],
)
def test_bytes_are_the_oracles(equal_to_oracle, source, target):
    low = np.iinfo(source[0]).min
    values = np.arange(low, low + 256).astype(source[0])[None]
    equal_to_oracle(quantize_model(values.shape, source, target), values)


@pytest.mark.parametrize("scale", [1.0, 0.1, 1 / 256])
@pytest.mark.parametrize("zero_point", [-128, 0, 17, 127])
def test_floats_out_are_the_oracles(scale, zero_point):
    values = np.arange(-128, 128).astype(np.int8)[None]
    scale = float(np.float32(scale))
    source = Tensor("x", values.shape, "int8", scale, zero_point)
    target = Tensor("y", values.shape, "float32")
    received = dequantize(Dequantize("d", "DEQUANTIZE", ("x",), "y"), values, source, target)
    expected = output_of(dequantize_model(values.shape, ("int8", scale, zero_point)), values)
    assert received.dtype == expected.dtype
    np.testing.assert_array_equal(received, expected)
