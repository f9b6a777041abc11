"""ADD, SUB, MUL, MAXIMUM and MINIMUM: two maps, of which one may be a constant."""

from typing import TypeVar

import numpy as np
import tflite

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Add, Maximum, Minimum, Multiply, Subtract, Tensor
from zeroleap.gen.quantization import (
    difference_requantizations,
    requantization,
    sum_requantizations,
)

__all__ = ["add", "maximum", "minimum", "multiply", "subtract"]

Extremum = TypeVar("Extremum", Maximum, Minimum)


def add(layer: Layer) -> Add:
    """Read ADD: int8, shapes that NumPy would broadcast, any fused activation."""
    first, second, target = _operands(layer)
    options = layer.options(tflite.AddOptions, may_be_absent=True)
    factors = sum_requantizations(first.scale, second.scale, target.scale)
    clamp = layer.clamp(options, target)
    return Add(
        layer.name, layer.operator.code, (first.name, second.name), target.name, clamp, *factors
    )


def subtract(layer: Layer) -> Subtract:
    """Read SUB, as `add`."""
    first, second, target = _operands(layer)
    options = layer.options(tflite.SubOptions, may_be_absent=True)
    factors = difference_requantizations(first.scale, second.scale, target.scale)
    clamp = layer.clamp(options, target)
    return Subtract(
        layer.name, layer.operator.code, (first.name, second.name), target.name, clamp, *factors
    )


def multiply(layer: Layer) -> Multiply:
    """Read MUL: int8, shapes that NumPy would broadcast, any fused activation."""
    first, second, target = _operands(layer)
    options = layer.options(tflite.MulOptions, may_be_absent=True)
    return Multiply(
        layer.name,
        layer.operator.code,
        (first.name, second.name),
        target.name,
        layer.clamp(options, target),
        requantization([float(first.scale) * float(second.scale) / float(target.scale)]),
    )


def maximum(layer: Layer) -> Maximum:
    """Read MAXIMUM: int8 of one scale and zero point."""
    return _extremum(layer, Maximum)


def minimum(layer: Layer) -> Minimum:
    """Read MINIMUM: int8 of one scale and zero point."""
    return _extremum(layer, Minimum)


def _extremum(layer: Layer, kind: type[Extremum]) -> Extremum:
    first, second, target = _operands(layer)
    for source in (first, second):
        layer.same_quantization(source, target)
    inputs = (first.name, second.name)
    return kind(layer.name, layer.operator.code, inputs, target.name, (-128, 127))


def _operands(layer: Layer) -> tuple[Tensor, Tensor, Tensor]:
    """Return both inputs and the output; refuse them unless int8, and of shapes that fit."""
    layer.expect(2, 2)
    first, second, target = layer.operand(0), layer.operand(1), layer.output
    for role, tensor in (("input 0", first), ("input 1", second), ("output", target)):
        layer.expect_int8(role, tensor)
    if len(layer.constants) == 2:
        raise layer.refuse("both inputs are constants; one constant is accepted")
    try:
        expected = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise layer.refuse(
            f"inputs have shapes {first.shape} and {second.shape}; equal lengths, or 1, are"
            " accepted on each axis"
        ) from None
    layer.expect_shape(target, expected)
    return first, second, target
