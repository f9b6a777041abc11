"""ADD: two maps, of which one may be a constant."""

import numpy as np
import tflite

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Add, Tensor
from zeroleap.gen.quantization import sum_requantizations

__all__ = ["add"]


def add(layer: Layer) -> Add:
    """Read ADD: int8, shapes that NumPy would broadcast, any fused activation."""
    first, second, target = _operands(layer)
    options = layer.options(tflite.AddOptions)
    try:
        factors = sum_requantizations(first.scale, second.scale, target.scale)
    except ValueError as error:
        raise layer.refuse(str(error)) from None
    return Add(
        layer.name,
        layer.operator.code,
        (first.name, second.name),
        target.name,
        layer.clamp(options, target),
        *factors,
    )


def _operands(layer: Layer) -> tuple[Tensor, Tensor, Tensor]:
    """Return both inputs and the output; refuse them unless int8, and of shapes that fit."""
    layer.expect(2, 2)
    first, second, target = layer.operand(0), layer.operand(1), layer.output
    for role, tensor in (("input 0", first), ("input 1", second), ("output", target)):
        if tensor.dtype != "int8":
            raise layer.refuse(f"{role} is {tensor.dtype}; int8 is accepted: quantise to int8")
    try:
        expected = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise layer.refuse(
            f"inputs have shapes {first.shape} and {second.shape}; equal lengths, or 1, are"
            " accepted on each axis"
        ) from None
    if target.shape != expected:
        raise layer.refuse(f"output has shape {target.shape}; {expected} is accepted")
    return first, second, target
