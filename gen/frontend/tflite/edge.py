"""What is at the edges of a network: QUANTIZE, DEQUANTIZE, and what makes scores of it."""

import numpy as np
import tflite

from zeroleap.gen import tables
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import ArgMax, Dequantize, LogSoftmax, Quantize, Softmax, Table
from zeroleap.gen.quantization import requantization

__all__ = ["arg_max", "dequantize", "log_softmax", "quantize", "softmax"]

INDEX_TYPES = ("int32", "int64")


def quantize(layer: Layer) -> Quantize | Table:
    """Read QUANTIZE: from float32, or between int8 and uint8; int8 to int8 is a table."""
    layer.expect(1, 1)
    source, target = layer.input, layer.output
    if target.dtype not in ("int8", "uint8"):
        raise layer.refuse(f"output is {target.dtype}; int8 and uint8 are accepted")
    if source.dtype in INDEX_TYPES:
        raise layer.refuse(f"input is {source.dtype}; float32, int8 and uint8 are accepted")
    layer.expect_shape(target, source.shape)
    if source.dtype == target.dtype == "int8":
        values = tables.rescale(source, target)
        return Table(layer.name, layer.operator.code, (source.name,), target.name, values)
    ratio = None
    if source.dtype != "float32":
        ratio = requantization([source.scale / target.scale])
    return Quantize(layer.name, layer.operator.code, (source.name,), target.name, ratio)


def dequantize(layer: Layer) -> Dequantize:
    """Read DEQUANTIZE: int8 or uint8 to float32."""
    layer.expect(1, 1)
    source, target = layer.input, layer.output
    if source.dtype not in ("int8", "uint8") or target.dtype != "float32":
        raise layer.refuse(
            f"input is {source.dtype} and output {target.dtype}; int8 or uint8, and float32, are"
            " accepted"
        )
    layer.expect_shape(target, source.shape)
    return Dequantize(layer.name, layer.operator.code, (source.name,), target.name)


def arg_max(layer: Layer) -> ArgMax:
    """Read ARG_MAX of int8, along a constant axis."""
    layer.expect(2, 2)
    source, target = layer.input, layer.output
    if source.dtype != "int8" or target.dtype not in INDEX_TYPES:
        raise layer.refuse(
            f"input is {source.dtype} and output {target.dtype}; int8, and int32 or int64, are"
            " accepted"
        )
    axes, rank = layer.integers(1), len(source.shape)
    if len(axes) != 1 or not -rank <= axes[0] < rank:
        raise layer.refuse(f"dimension is {axes}; one of {-rank}..{rank - 1} is accepted")
    axis = axes[0] % rank
    expected = (*source.shape[:axis], *source.shape[axis + 1 :])
    layer.expect_shape(target, expected)
    return ArgMax(layer.name, layer.operator.code, (source.name,), target.name, axis)


def log_softmax(layer: Layer) -> LogSoftmax:
    """Read LOG_SOFTMAX: int8 to int8, over the last axis."""
    layer.expect(1, 1)
    source, target = layer.maps()
    if source.shape != target.shape or not source.shape:
        raise layer.refuse(
            f"input has shape {source.shape} and output {target.shape}; equal shapes of 1 dimension"
            " and more are accepted"
        )
    if (target.scale, target.zero_point) != (1 / 16, 127):
        raise layer.refuse(
            f"output has scale {target.scale} and zero point {target.zero_point}; 1/16 and 127"
            " are accepted"
        )
    if source.scale <= Softmax.SMALLEST_STEP:
        raise layer.refuse(
            f"input has scale {source.scale}; more than {Softmax.SMALLEST_STEP} is accepted"
        )
    return LogSoftmax(layer.name, layer.operator.code, (source.name,), target.name)


def softmax(layer: Layer) -> Softmax:
    """Read SOFTMAX: int8 to int8, over the last axis."""
    layer.expect(1, 1)
    beta = float(layer.options(tflite.SoftmaxOptions).Beta())
    source, target = layer.maps()
    if source.shape != target.shape or not source.shape:
        raise layer.refuse(
            f"input has shape {source.shape} and output {target.shape}; equal shapes of 1 dimension"
            " and more are accepted"
        )
    if (target.scale, target.zero_point) != (1 / 256, -128):
        raise layer.refuse(
            f"output has scale {target.scale} and zero point {target.zero_point}; 1/256 and -128"
            " are accepted"
        )
    if not (np.isfinite(beta) and beta * source.scale > Softmax.SMALLEST_STEP):
        raise layer.refuse(
            f"beta is {beta} and the input's scale {source.scale}; a product of more than"
            f" {Softmax.SMALLEST_STEP} is accepted"
        )
    return Softmax(layer.name, layer.operator.code, (source.name,), target.name, beta)
