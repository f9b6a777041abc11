"""Real values become integers of a scale."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import (
    Function,
    Pending,
    QuantizedConstant,
    Real,
    Stored,
    Target,
)
from zeroleap.gen.ir import MaxPool, Padding, Quantize, Table, Tensor
from zeroleap.gen.quantization import requantization
from zeroleap.gen.tables import relu, rescale

__all__ = ["clamp_of", "constant_at", "quantize", "store", "store_within"]

ALL = (-128, 127)


def clamp_of(low: float, high: float, scale: float, zero_point: int) -> tuple[int, int]:
    """Return the smallest and largest int8 of what is limited to ``low..high``."""
    return _limit(low, scale, zero_point), _limit(high, scale, zero_point)


def store(node: Node, value: Pending | Real | Function, target: Target) -> Stored:
    """Return ``value`` as ``target``, whose clamp has the value's own limits in it."""
    if isinstance(value, Pending):
        return value.finish(target)
    if isinstance(value, Function):
        return _table(node, value, target)
    source = node.stored_tensor(value)
    if (source.scale, source.zero_point) == (target.scale, target.zero_point):
        kept = replace(value.stored, unsigned=target.unsigned)
        if target.clamp == ALL:
            return kept
        if len(value.stored.shape) == 4:
            return _clamped_map(node, kept, target)
    kernel = _relu_kernel if (value.low, value.high) == (0, np.inf) else rescale
    return _table(node, Function(value.stored, lambda x: x, kernel), target)


def store_within(node: Node, value: Pending | Real | Function, target: Target) -> Stored:
    """Return ``value`` as ``target``, within the limits of both."""
    low, high = clamp_of(value.low, value.high, target.scale, target.zero_point)
    bounds = [min(max(bound, target.clamp[0]), target.clamp[1]) for bound in (low, high)]
    return store(node, value, replace(target, clamp=(bounds[0], bounds[1])))


def quantize(node: Node, value: Stored, target: Target, ratio: float | None) -> Stored:
    """Add a Quantize: from float32, or between scales of this ``ratio``."""
    source = node.builder.tensors[value.tensor]
    result = node.builder.result(target, source.shape)
    factors = None if ratio is None else requantization([ratio])
    node.builder.operators.append(
        Quantize(node.layer_name(), node.source, (source.name,), result.name, factors, ties="even")
    )
    return replace(value, tensor=result.name, unsigned=target.unsigned)


def constant_at(node: Node, constant: QuantizedConstant, target: Target) -> npt.NDArray[np.int8]:
    """Return a constant, of one scale, as integers of ``target``; it keeps its own if equal."""
    integers, scale, zero_point = node.single_scale(constant)
    steps = np.rint((integers.astype(np.float64) - zero_point) * (scale / target.scale))
    return np.clip(steps + target.zero_point, *target.clamp).astype(np.int8)


def _relu_kernel(source: Tensor, target: Tensor) -> npt.NDArray[np.int8]:
    """Return the table of a ReLU that stands alone."""
    return relu(source, target, "RELU")


def _limit(bound: float, scale: float, zero_point: int) -> int:
    if np.isinf(bound):
        return -128 if bound < 0 else 127
    with np.errstate(over="ignore"):
        steps = np.rint(np.float32(bound) / np.float32(scale))
    return int(np.clip(float(steps) + zero_point, -128, 127))


def _table(node: Node, value: Function, target: Target) -> Stored:
    """Add a Table: by the kernel of TensorFlow Lite if there is one for these scales."""
    builder = node.builder
    source = builder.tensors[value.stored.tensor]
    result = builder.result(target, source.shape)
    entries = None
    if value.kernel is not None:
        try:
            entries = value.kernel(source, result)
        except ValueError:  # not for these scales
            entries = None
    if entries is None:
        entries = _worked_out(node, value, source, result)
    entries = np.clip(entries, *target.clamp).astype(np.int8)
    builder.operators.append(
        Table(node.layer_name(), node.source, (source.name,), result.name, entries)
    )
    return replace(value.stored, tensor=result.name, unsigned=target.unsigned)


def _worked_out(node: Node, value: Function, source: Tensor, result: Tensor) -> npt.NDArray[Any]:
    """Return the function of every int8, in float32 as onnxruntime does it."""
    steps = np.arange(-128, 128, dtype=np.float32) - np.float32(source.zero_point)
    with np.errstate(all="ignore"):
        reals = value.of(steps * np.float32(source.scale))
        whole = np.rint(np.asarray(reals, np.float32) / np.float32(result.scale))
    if np.isnan(whole).any():
        raise node.refuse("gives what is not a number; a function defined everywhere is accepted")
    return np.clip(whole.astype(np.float64) + result.zero_point, -128, 127)


def _clamped_map(node: Node, value: Stored, target: Target) -> Stored:
    """Limit a map by a pool of 1 x 1."""
    source = node.builder.tensors[node.builder.channels_last(value)]
    result = node.builder.result(target, source.shape)
    node.builder.operators.append(
        MaxPool(
            name=node.layer_name(),
            source=node.source,
            inputs=(source.name,),
            output=result.name,
            window=(1, 1),
            stride=(1, 1),
            padding=Padding(),
            clamp=target.clamp,
        )
    )
    return Stored(result.name, value.shape, (0, 2, 3, 1), value.shape, target.unsigned)
