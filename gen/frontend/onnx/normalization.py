"""BatchNormalization: of a value that is quantised, a product and a sum for each channel."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import (
    Constant,
    Pending,
    QuantizedConstant,
    Stored,
    Target,
    Value,
)
from zeroleap.gen.ir import DepthwiseConvolution, Padding
from zeroleap.gen.quantization import requantization

__all__ = ["batch_normalization"]

PARAMETERS = ("scale", "bias", "mean", "variance")
LARGEST_BIAS = 2**30

Reals = npt.NDArray[np.float64]


def batch_normalization(node: Node) -> Value:
    """Read BatchNormalization with constants: a depthwise convolution of 1 x 1.

    ``y = x * factor + offset`` with ``factor = scale / sqrt(variance + epsilon)`` and
    ``offset = bias - mean * factor``, by ONNX's definition.
    """
    attributes = node.attributes(epsilon=1e-5, momentum=0.9, training_mode=0)
    node.require("training_mode", attributes["training_mode"], 0)
    if isinstance(node.value(0), Pending):
        raise node.refuse(
            "input is not quantised; QuantizeLinear and DequantizeLinear before it, or a model in"
            " which it is part of the layer before, as zeroleap quantize makes it, are accepted"
        )
    stored = node.quantized_input().stored
    shape = stored.shape
    if not 2 <= len(shape) <= 4 or shape[0] != 1:
        raise node.refuse(f"input has shape {shape}; 2 to 4 dimensions with batch 1 are accepted")
    scale, bias, mean, variance = (
        _reals(node, position, name, shape[1]) for position, name in enumerate(PARAMETERS, 1)
    )
    variance = variance + attributes["epsilon"]
    if not np.all(variance > 0):
        raise node.refuse("variance + epsilon is not above 0 everywhere; such is accepted")
    factors = scale / np.sqrt(variance)
    offsets = bias - mean * factors
    if not np.all(np.isfinite(offsets)):  # nor are they where factors are not
        raise node.refuse("constants are not finite, or make what is not; finite is accepted")
    as_map = replace(stored, shape=(*shape, *(1,) * (4 - len(shape))))

    def finish(target: Target) -> Stored:
        source = node.builder.tensors[node.builder.channels_last(as_map)]
        result = node.builder.result(target, source.shape)
        scales, weights, sums = _in_steps(factors, offsets, source.scale)
        node.builder.operators.append(
            DepthwiseConvolution(
                name=node.layer_name(),
                source=node.source,
                inputs=(source.name,),
                output=result.name,
                weights=weights,
                bias=sums,
                stride=(1, 1),
                padding=Padding(),
                requantization=requantization(source.scale * scales / target.scale),
                clamp=target.clamp,
            )
        )
        return Stored(result.name, as_map.shape, (0, 2, 3, 1), shape, target.unsigned)

    return Pending(finish)


def _in_steps(
    factors: Reals, offsets: Reals, step: float
) -> tuple[Reals, npt.NDArray[np.int8], npt.NDArray[np.int32]]:
    """Return scales, weights and biases of channels whose input has steps of ``step``.

    A weight is +-127, so that its scale has all of the factor and the bias is rounded to 1/127 of
    what a step of the input makes; less only where the bias would not fit.
    """
    scales = np.maximum(np.abs(factors) / 127, np.abs(offsets) / (step * LARGEST_BIAS))
    scales = np.where(scales > 0, scales, 1.0)
    weights = np.rint(factors / scales).astype(np.int8).reshape(-1, 1, 1)
    return scales, weights, np.rint(offsets / (step * scales)).astype(np.int32)


def _reals(node: Node, position: int, name: str, channels: int) -> Reals:
    """Return the constant at ``position``, a number for each channel."""
    value = node.value(position)
    if isinstance(value, QuantizedConstant):
        array = (value.integers.astype(np.float64) - value.zero_points) * value.scales
    elif isinstance(value, Constant):
        array = value.array.astype(np.float64)
    else:
        raise node.refuse(f"{name} is computed; a constant is accepted")
    if array.shape != (channels,):
        raise node.refuse(f"{name} has shape {array.shape}; ({channels},) is accepted")
    return array
