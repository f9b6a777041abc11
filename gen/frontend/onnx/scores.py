"""Softmax, LogSoftmax and ArgMax: what a network ends in."""

from collections.abc import Callable
from dataclasses import replace

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.storing import quantize
from zeroleap.gen.frontend.onnx.values import Pending, Stored, Target, Value
from zeroleap.gen.ir import ArgMax, LogSoftmax, Operator, Softmax, Tensor

__all__ = ["arg_max", "log_softmax", "softmax"]


def softmax(node: Node) -> Value:
    """Read Softmax over the last axis."""

    def make(name: str, source: Tensor, output: str) -> Operator:
        if source.scale <= Softmax.SMALLEST_STEP:
            raise node.refuse(
                f"input has scale {source.scale}; above {Softmax.SMALLEST_STEP} is accepted"
            )
        return Softmax(name, node.source, (source.name,), output, beta=1.0)

    return _over_last(node, 1 / 256, -128, make)


def log_softmax(node: Node) -> Value:
    """Read LogSoftmax over the last axis."""

    def make(name: str, source: Tensor, output: str) -> Operator:
        return LogSoftmax(name, node.source, (source.name,), output)

    return _over_last(node, 1 / 16, 127, make)


def arg_max(node: Node) -> Value:
    """Read ArgMax; the first of several that are equal."""
    attributes = node.attributes(axis=0, keepdims=1, select_last_index=0)
    node.require("select_last_index", attributes["select_last_index"], 0)
    stored = node.quantized_input().stored
    axis = node.axis(attributes["axis"], len(stored.shape))
    source = node.builder.as_is(stored)
    shape = (*stored.shape[:axis], *stored.shape[axis + 1 :])
    kept = (*stored.shape[:axis], 1, *stored.shape[axis + 1 :])
    result = node.builder.tensor(Tensor(node.output, shape, "int64"))
    node.builder.operators.append(
        ArgMax(node.layer_name(), node.source, (source,), result.name, axis)
    )
    order = tuple(range(len(shape)))
    return Stored(result.name, shape, order, kept if attributes["keepdims"] else shape)


def _over_last(
    node: Node, scale: float, zero_point: int, make: Callable[[str, Tensor, str], Operator]
) -> Value:
    """Read an operator whose kernel has a scale of its own, and bring that to the file's."""
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
        fixed = replace(target, scale=scale, zero_point=zero_point)
        result = node.builder.result(fixed, shape)
        node.builder.operators.append(make(node.layer_name(), source, result.name))
        stored = Stored(result.name, shape, tuple(range(len(shape))), shape, target.unsigned)
        if (target.scale, target.zero_point) == (scale, zero_point):
            return stored
        return quantize(node, stored, target, scale / target.scale)

    return Pending(finish)
