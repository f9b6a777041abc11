"""QUANTIZE and SOFTMAX, which the host does."""

import numpy as np
import tflite

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Quantize, Softmax
from zeroleap.gen.quantization import requantization

__all__ = ["quantize", "softmax"]


def quantize(layer: Layer) -> Quantize:
    """Read QUANTIZE: from float32, or between int8 and uint8."""
    layer.expect(1, 1)
    source, target = layer.input, layer.output
    if target.dtype == "float32":
        raise layer.refuse("output is FLOAT32; INT8 and UINT8 are accepted")
    if source.shape != target.shape:
        raise layer.refuse(f"output has shape {target.shape}; {source.shape} is accepted")
    ratio = None
    if source.dtype != "float32":
        ratio = requantization([source.scale / target.scale])
    return Quantize(layer.name, layer.operator.code, (source.name,), target.name, ratio)


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
