"""Relu and Clip limit what the next QuantizeLinear may give, or what the last one gave."""

from dataclasses import replace
from typing import Any

import numpy as np

from zeroleap.gen.frontend.onnx.node import QUANTISE, Node
from zeroleap.gen.frontend.onnx.values import Function, Pending, Real, Stored, Value
from zeroleap.gen.ir import Table

__all__ = ["clip", "relu"]


def relu(node: Node) -> Value:
    """Read Relu."""
    node.attributes()
    return _limited(node, 0.0, np.inf)


def clip(node: Node) -> Value:
    """Read Clip with constant bounds, of reals or, as QCDQ has it, of integers."""
    node.attributes()
    value = node.value(0)
    if isinstance(value, Stored) and node.builder.tensors[value.tensor].dtype == "int8":
        return _limited_integers(node, value)
    low, high = _bounds(node, np.dtype(np.float32), (-np.inf, np.inf))
    return _limited(node, low, high)


def _bounds(node: Node, dtype: np.dtype[Any], default: tuple[float, float]) -> list[float]:
    bounds = list(default)
    for position, name in enumerate(("min", "max")):
        array = node.constant(position + 1, name)
        if array is not None and (array.size != 1 or array.dtype != dtype):
            raise node.refuse(f"{name} must be one {dtype}")
        if array is not None:
            bounds[position] = float(array.reshape(-1)[0])
    if not bounds[0] <= bounds[1]:
        raise node.refuse(f"min..max is {bounds[0]}..{bounds[1]}; an ordered range is accepted")
    return bounds


def _limited_integers(node: Node, value: Stored) -> Stored:
    """Add a Table that limits what is quantised already: to fewer bits, or to +-127."""
    dtype = np.dtype(np.uint8 if value.unsigned else np.int8)
    limits = np.iinfo(dtype)
    low, high = (int(bound) for bound in _bounds(node, dtype, (limits.min, limits.max)))
    source = node.builder.tensors[value.tensor]
    result = node.builder.tensor(replace(source, name=node.output))
    entries = np.clip(np.arange(256) + limits.min, low, high) - limits.min - 128
    node.builder.operators.append(
        Table(node.layer_name(), node.source, (source.name,), result.name, entries.astype(np.int8))
    )
    return replace(value, tensor=result.name)


def _limited(node: Node, low: float, high: float) -> Value:
    value = node.value(0)
    if not isinstance(value, Pending | Real | Function):
        raise node.refuse(f"input is not quantised; {QUANTISE}")
    limits = [min(max(bound, low), high) for bound in (value.low, value.high)]
    limited = replace(value, low=limits[0], high=limits[1])
    return limited.alone() if isinstance(limited, Pending) else limited
