"""What depends on constants only, and shapes, which are constants here.

Exporters write shapes as computations; onnx's own reference evaluates them.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from zeroleap.gen.frontend.limits import MOST_ELEMENTS
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import (
    Constant,
    Function,
    QuantizedConstant,
    RawInput,
    Real,
    Stored,
    Value,
)

__all__ = ["FOLDED", "folded", "only_constant", "shape_of"]

MOVING = ("Cast", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
SMALL = 4096
"""Elements of what is computed with: shapes and indices, not weights."""
LARGE = (*MOVING, "Clip")
"""What is done to weights, too; Clip to integers, as QCDQ has it."""
FOLDED = (*LARGE, "Add", "Concat", "Div", "Gather", "Mul", "Slice", "Sub")


def folded(node: Node) -> Constant | QuantizedConstant | None:
    """Return the result of a node of constants only; None if it is not one of `FOLDED`."""
    values = [node.value(position) for position in range(len(node.proto.input))]
    if node.kind not in FOLDED or not values:
        return None
    first = values[0]
    arrays = [value.array for value in values if isinstance(value, Constant)]
    given = [value for value in values if value is not None]
    if isinstance(first, QuantizedConstant) and node.kind in MOVING:
        return _moved(node, first) if len(arrays) == len(given) - 1 else None
    if len(arrays) != len(given):
        return None
    size = sum(array.size for array in arrays)
    if size > (MOST_ELEMENTS if node.kind in LARGE else SMALL):
        raise node.refuse(f"computes with {size} constants; up to {SMALL} are accepted")
    names = [name for name in node.proto.input if name]
    return Constant(_evaluated(node, dict(zip(names, arrays, strict=False))))


def only_constant(node: Node) -> Value:
    """Refuse an operator that is read only where its inputs are constants."""
    raise node.refuse("input is computed from the model's input; constants are accepted")


def shape_of(node: Node) -> Value:
    """Read Shape."""
    attributes = node.attributes(start=0, end=None)
    value = node.value(0)
    if isinstance(value, Real | Function):
        value = value.stored
    if isinstance(value, Stored | RawInput):
        shape = value.shape
    elif isinstance(value, Constant):
        shape = value.array.shape
    else:
        raise node.refuse("input is not quantised; a QuantizeLinear before it is accepted")
    return Constant(np.array(shape[attributes["start"] : attributes["end"]], np.int64))


def _evaluated(node: Node, arrays: dict[str, np.ndarray]) -> np.ndarray:
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            [node.proto],
            "constants",
            [onnx.helper.make_value_info(name, onnx.TypeProto()) for name in arrays],
            [onnx.helper.make_value_info(node.output, onnx.TypeProto())],
        ),
        opset_imports=[onnx.helper.make_opsetid("", node.builder.opset)],
    )
    try:
        with np.errstate(all="ignore"):
            [result] = ReferenceEvaluator(model).run(None, arrays)
    except Exception as error:  # it raises whatever NumPy does
        text = " ".join(str(error).split())[:200]
        raise node.refuse(f"cannot be computed ({text}); constants that fit are accepted") from None
    return np.asarray(result)


def _moved(node: Node, constant: QuantizedConstant) -> QuantizedConstant:
    """Return a dequantised constant in another shape, its scales on the axis they belong to."""

    def move(array: np.ndarray) -> np.ndarray:
        others = {
            name: value.array
            for name, value in (
                (name, node.value(position))
                for position, name in enumerate(node.proto.input)
                if position
            )
            if isinstance(value, Constant)
        }
        return _evaluated(node, {node.proto.input[0]: array, **others})

    integers = move(constant.integers)
    if constant.axis is None:
        return replace(constant, integers=integers)
    return replace(constant, integers=integers, axis=_axis_after(node, constant, move))


def _axis_after(
    node: Node, constant: QuantizedConstant, move: Callable[[np.ndarray], np.ndarray]
) -> int:
    """Return where the axis of the scales is after a move: the same one must be all along it."""
    along = [-1 if axis == constant.axis else 1 for axis in range(constant.integers.ndim)]
    channels = np.arange(constant.scales.size, dtype=np.int32).reshape(along)
    moved = move(np.ascontiguousarray(np.broadcast_to(channels, constant.integers.shape)))
    for axis, length in enumerate(moved.shape):
        first = np.moveaxis(moved, axis, 0)
        expected = np.arange(length).reshape(-1, *[1] * (moved.ndim - 1))
        if length == constant.scales.size and np.array_equal(
            first, np.broadcast_to(expected, first.shape)
        ):
            return axis
    raise node.refuse("mixes weights of several scales; one axis of scales is accepted")
