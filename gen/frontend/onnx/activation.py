"""Relu and Clip limit what the next QuantizeLinear may give."""

from dataclasses import replace

import numpy as np

from zeroleap.gen.frontend.onnx.node import QUANTISE, Node
from zeroleap.gen.frontend.onnx.values import Function, Pending, Real, Value

__all__ = ["clip", "relu"]


def relu(node: Node) -> Value:
    """Read Relu."""
    node.attributes()
    return _limited(node, 0.0, np.inf)


def clip(node: Node) -> Value:
    """Read Clip with constant bounds."""
    node.attributes()
    bounds = []
    for position, name, default in ((1, "min", -np.inf), (2, "max", np.inf)):
        array = node.constant(position, name)
        if array is not None and (array.size != 1 or array.dtype != np.float32):
            raise node.refuse(f"{name} must be one float32")
        bounds.append(default if array is None else float(array.reshape(-1)[0]))
    if not bounds[0] <= bounds[1]:
        raise node.refuse(f"min..max is {bounds[0]}..{bounds[1]}; an ordered range is accepted")
    return _limited(node, bounds[0], bounds[1])


def _limited(node: Node, low: float, high: float) -> Value:
    value = node.value(0)
    if not isinstance(value, Pending | Real | Function):
        raise node.refuse(f"input is not quantised; {QUANTISE}")
    limits = [min(max(bound, low), high) for bound in (value.low, value.high)]
    limited = replace(value, low=limits[0], high=limits[1])
    return limited.alone() if isinstance(limited, Pending) else limited
