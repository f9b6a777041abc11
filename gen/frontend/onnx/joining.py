"""Concat."""

from zeroleap.gen.frontend.onnx.layouts import brought, common_order, part, placed, shape_of
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import (
    Pending,
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
    values = [part(node, position) for position in range(count)]

    def finish(target: Target) -> Stored:
        name = node.layer_name()
        parts = [brought(node, value, target) for value in values]
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
