"""QuantizeLinear and DequantizeLinear.

uint8 is brought to int8 by subtracting 128 from values and zero points, which changes no result.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.storing import clamp_of, quantize, store
from zeroleap.gen.frontend.onnx.values import (
    Constant,
    Function,
    Pending,
    QuantizedConstant,
    RawInput,
    Real,
    Stored,
    Target,
    Value,
)
from zeroleap.gen.ir import Tensor

__all__ = ["dequantize_linear", "quantize_linear"]


def quantize_linear(node: Node) -> Value:
    """Read QuantizeLinear: ends a layer, or quantises the model's input or a constant."""
    scales, zero_points, axis, dtype = _parameters(node)
    value = node.value(0)
    if isinstance(value, Constant):
        return _quantize_constant(node, value.array, scales, zero_points, axis, dtype)
    if isinstance(value, QuantizedConstant | RawInput) or value is None:
        raise node.refuse("input is already quantised; a real tensor is accepted")
    target = _target(node, value, scales, zero_points, dtype)
    if not isinstance(value, Stored):
        return store(node, value, target)
    if node.builder.tensors[value.tensor].dtype != "float32":
        raise node.refuse("input is already quantised; a real tensor is accepted")
    return quantize(node, value, target, ratio=None)


def dequantize_linear(node: Node) -> Value:
    """Read DequantizeLinear: of a constant, an input of the model or a quantised tensor."""
    scales, zero_points, axis, dtype = _parameters(node)
    value = node.value(0)
    if isinstance(value, Constant):
        if value.array.dtype not in (np.int8, np.uint8, np.int32):
            raise node.refuse(f"constant is {value.array.dtype}; int8, uint8, int32 are accepted")
        if value.array.dtype != dtype:
            raise node.refuse(
                f"zero point is {dtype}; the constant's {value.array.dtype} is accepted"
            )
        if scales.size == 1:
            return QuantizedConstant(value.array, scales, zero_points, None)
        along = _channel_axis(node, value.array, scales, axis)
        return QuantizedConstant(value.array, scales, zero_points, along)
    scale, zero_point = _single(node, scales, zero_points)
    if isinstance(value, RawInput):
        return Real(_read_input(node, value, scale, zero_point))
    if not isinstance(value, Stored) or node.builder.tensors[value.tensor].dtype != "int8":
        raise node.refuse("input is not quantised; an int8 or uint8 tensor is accepted")
    tensor = node.builder.tensors[value.tensor]
    own = (tensor.scale, tensor.zero_point + (128 if value.unsigned else 0))
    if (scale, zero_point) != own or (dtype == np.uint8) != value.unsigned:
        raise node.refuse(
            f"scale {scale} and zero point {zero_point} are not those of its QuantizeLinear,"
            f" {own[0]} and {own[1]}; equal ones are accepted"
        )
    return Real(value)


def _parameters(
    node: Node,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], int, np.dtype[Any]]:
    attributes = node.attributes(axis=1, block_size=0, saturate=1, output_dtype=0, precision=0)
    for name in ("block_size", "output_dtype", "precision"):
        node.require(name, attributes[name], 0)
    scales, zero_points = node.constant(1, "scale"), node.constant(2, "zero point")
    if scales is None or scales.dtype != np.float32 or scales.ndim > 1 or scales.size == 0:
        raise node.refuse("scale must be a float32 constant, one or one for each channel")
    if not np.all(np.isfinite(scales) & (scales > 0)):
        raise node.refuse("a scale is not positive and finite; positive ones are accepted")
    if zero_points is None:
        zero_points = np.zeros(scales.shape, dtype=_input_type(node))
    if zero_points.dtype not in (np.int8, np.uint8, np.int32):
        raise node.refuse(f"zero point is {zero_points.dtype}; int8 and uint8 are accepted")
    if zero_points.size != scales.size:
        raise node.refuse(
            f"zero point has shape {zero_points.shape} and scale {scales.shape}; equal is accepted"
        )
    flat = zero_points.reshape(-1).astype(np.int64)
    return scales.reshape(-1), flat, int(attributes["axis"]), zero_points.dtype


def _input_type(node: Node) -> npt.DTypeLike:
    """Return the integer type where no zero point gives it: that of the input, else uint8."""
    value = node.value(0)
    if isinstance(value, Constant) and value.array.dtype.kind in "iu":
        return value.array.dtype
    if isinstance(value, RawInput):
        return value.dtype
    is_int8 = isinstance(value, Stored) and node.kind == "DequantizeLinear" and not value.unsigned
    return np.int8 if is_int8 else np.uint8


def _channel_axis(
    node: Node, array: npt.NDArray[Any], scales: npt.NDArray[np.float32], axis: int
) -> int:
    if not -array.ndim <= axis < array.ndim or array.shape[axis] != scales.size:
        raise node.refuse(
            f"{scales.size} scales on axis {axis} of a constant of shape {array.shape}; 1, or one"
            " for each index, is accepted"
        )
    return axis % array.ndim


def _single(
    node: Node, scales: npt.NDArray[np.float32], zero_points: npt.NDArray[np.int64]
) -> tuple[float, int]:
    if scales.size != 1:
        raise node.refuse(f"{scales.size} scales on an activation; 1 is accepted")
    return float(scales[0]), int(zero_points[0])


def _target(
    node: Node,
    value: Stored | Real | Function | Pending,
    scales: npt.NDArray[np.float32],
    zero_points: npt.NDArray[np.int64],
    dtype: np.dtype[Any],
) -> Target:
    scale, zero_point = _single(node, scales, zero_points)
    if dtype not in (np.int8, np.uint8):
        raise node.refuse(f"zero point is {dtype}; int8 and uint8 are accepted")
    unsigned = dtype == np.uint8
    zero_point -= 128 if unsigned else 0
    low, high = (-np.inf, np.inf) if isinstance(value, Stored) else (value.low, value.high)
    clamp = clamp_of(low, high, scale, zero_point)
    if clamp[0] > clamp[1]:
        raise node.refuse(
            f"the activation before it limits to {low}..{high}; an ordered range is accepted"
        )
    return Target(node.output, scale, zero_point, clamp, unsigned)


def _quantize_constant(
    node: Node,
    array: npt.NDArray[Any],
    scales: npt.NDArray[np.float32],
    zero_points: npt.NDArray[np.int64],
    axis: int,
    dtype: np.dtype[Any],
) -> Constant:
    if array.dtype != np.float32 or dtype not in (np.int8, np.uint8):
        raise node.refuse(f"constant is {array.dtype} to {dtype}; float32 to int8 is accepted")
    along = [1] * array.ndim
    if scales.size > 1:
        along[_channel_axis(node, array, scales, axis)] = scales.size
    steps = np.rint(array / scales.reshape(along)).astype(np.float64)
    limits = np.iinfo(dtype)
    whole = np.clip(np.nan_to_num(steps) + zero_points.reshape(along), limits.min, limits.max)
    return Constant(whole.astype(dtype))


def _read_input(node: Node, value: RawInput, scale: float, zero_point: int) -> Stored:
    builder = node.builder
    tensor = Tensor(value.name, value.shape, value.dtype, scale, zero_point)
    known = builder.tensors.setdefault(value.name, tensor)
    if known != tensor:
        raise node.refuse("the model's input has another scale elsewhere; one scale is accepted")
    stored = Stored(value.name, value.shape, tuple(range(len(value.shape))), value.shape)
    if value.dtype == "int8":
        return stored
    target = Target(f"{value.name}:int8", scale, zero_point - 128, (-128, 127), unsigned=True)
    return quantize(node, stored, target, ratio=1.0)
