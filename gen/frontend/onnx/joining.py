"""Concat."""

from zeroleap.gen.frontend.onnx.layouts import common_order, placed, shape_of
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.storing import store_within
from zeroleap.gen.frontend.onnx.values import (
    Function,
    Pending,
    QuantizedConstant,
    Real,
    Stored,
    Target,
    Value,
)
from zeroleap.gen.ir import Concatenate

__all__ = ["concatenate"]

MOST_PARTS = 2**10


def concatenate(node: Node) -> Value:
    """Read Concat: along any axis; inputs of other scales are brought to the result's."""
    wanted = node.attributes(axis=None)["axis"]
    count = len(node.proto.input)
    if wanted is None or not 1 <= count <= MOST_PARTS:
        raise node.refuse(
            f"attribute axis is {wanted} with {count} inputs; an axis and 1..{MOST_PARTS} inputs"
            " are accepted"
        )
    values = []
    for position in range(count):
        value = node.value(position)
        if not isinstance(value, Real | Function | Pending | QuantizedConstant):
            raise node.unquantized(position)
        values.append(value)

    def finish(target: Target) -> Stored:
        name = node.layer_name()
        parts = [
            value if isinstance(value, QuantizedConstant) else store_within(node, value, target)
            for value in values
        ]
        shapes = [shape_of(part) for part in parts]
        rank = len(shapes[0])
        axis = node.axis(wanted, rank)
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len(others) != 1 or any(len(shape) != rank for shape in shapes):
            raise node.refuse(
                f"inputs have shapes {', '.join(map(str, shapes[:8]))}; such that differ on axis"
                f" {axis} only are accepted"
            )
        order = common_order(parts, rank)
        names = tuple(placed(node, part, order, target) for part in parts)
        length = sum(shape[axis] for shape in shapes)
        shape = (*shapes[0][:axis], length, *shapes[0][axis + 1 :])
        result = node.builder.result(target, tuple(shape[each] for each in order))
        node.builder.operators.append(
            Concatenate(name, node.source, names, result.name, order.index(axis))
        )
        return Stored(result.name, shape, order, shape, target.unsigned)

    return Pending(finish)
