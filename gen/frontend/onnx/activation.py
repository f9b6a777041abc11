"""Relu and Clip limit what the next QuantizeLinear may give; Softmax needs one of its own."""

from dataclasses import replace

import numpy as np

from zeroleap.gen.frontend.onnx.node import QUANTISE, Node
from zeroleap.gen.frontend.onnx.storing import quantize
from zeroleap.gen.frontend.onnx.values import Function, Pending, Real, Stored, Target, Value
from zeroleap.gen.ir import Softmax

__all__ = ["clip", "relu", "softmax"]


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


def softmax(node: Node) -> Value:
    """Read Softmax over the last axis: to 256 steps, and from there to the scale of the file."""
    axis = node.attributes(axis=None)["axis"]
    value = node.quantized_input()
    shape = value.stored.shape
    if axis is not None or len(shape) > 2:  # what an absent one means there depends on the opset
        node.require("axis", axis, -1, len(shape) - 1)
    if not shape:
        raise node.refuse("input has no dimension; 1 and more are accepted")

    def finish(target: Target) -> Stored:
        if target.clamp != (-128, 127):
            raise node.refuse("an activation limits its output; a QuantizeLinear is accepted")
        source = node.builder.tensors[node.builder.as_is(value.stored)]
        if source.scale <= Softmax.SMALLEST_STEP:
            raise node.refuse(
                f"input has scale {source.scale}; above {Softmax.SMALLEST_STEP} is accepted"
            )
        fixed = replace(target, scale=1 / 256, zero_point=-128, clamp=(-128, 127))
        result = node.builder.result(fixed, shape)
        node.builder.operators.append(
            Softmax(node.layer_name(), node.source, (source.name,), result.name, beta=1.0)
        )
        stored = Stored(result.name, shape, tuple(range(len(shape))), shape, target.unsigned)
        if (target.scale, target.zero_point) == (fixed.scale, fixed.zero_point):
            return stored
        return quantize(node, stored, target, fixed.scale / target.scale)

    return Pending(finish)


def _limited(node: Node, low: float, high: float) -> Value:
    value = node.value(0)
    if not isinstance(value, Pending | Real | Function):
        raise node.refuse(f"input is not quantised; {QUANTISE}")
    limits = [min(max(bound, low), high) for bound in (value.low, value.high)]
    limited = replace(value, low=limits[0], high=limits[1])
    return replace(limited, biased=None) if isinstance(limited, Pending) else limited
