"""Values that meet in one operator are brought to one layout."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from zeroleap.gen.frontend.limits import shape_problem
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.storing import constant_at, store_within
from zeroleap.gen.frontend.onnx.values import (
    Function,
    Pending,
    QuantizedConstant,
    Real,
    Stored,
    Target,
)
from zeroleap.gen.ir import Tensor

__all__ = ["Operand", "broadcast_shape", "brought", "common_order", "part", "placed", "shape_of"]

Operand: TypeAlias = Stored | QuantizedConstant
Part: TypeAlias = Real | Function | Pending | QuantizedConstant


def part(node: Node, position: int) -> Part:
    """Return an input that can be brought to any scale."""
    value = node.value(position)
    if not isinstance(value, Part):
        raise node.unquantized(position)
    return value


def brought(node: Node, value: Part, target: Target) -> Operand:
    """Return a part in the scale of ``target``, within the limits of both; a constant as it is."""
    if isinstance(value, QuantizedConstant):
        return value
    return store_within(node, value, target)


def common_order(operands: Sequence[Operand], rank: int) -> tuple[int, ...]:
    """Return in which order a result's axes are stored: as the operands' are.

    Where they differ, an order that a convolution gave wins over the file's own; a map that has
    none is stored channels last.
    """
    plain = tuple(range(rank))
    orders = [
        value.order
        for value in operands
        if isinstance(value, Stored) and value.shape == value.base and len(value.order) == rank
    ]
    turned = [order for order in orders if order != plain]
    if turned or orders:
        return next(iter([*turned, *orders]))
    return (0, 2, 3, 1) if rank == 4 else plain


def broadcast_shape(node: Node, operands: Sequence[Operand]) -> tuple[int, ...]:
    """Return the shape that the operands' shapes broadcast to."""
    shapes = [shape_of(value) for value in operands]
    try:
        shape = tuple(int(length) for length in np.broadcast_shapes(*shapes))
    except ValueError:
        shape = ()
    if shape_problem(shape) or not shape:
        listed = " and ".join(map(str, shapes))
        raise node.refuse(f"inputs have shapes {listed}; such that broadcast are accepted")
    return shape


def shape_of(value: Operand) -> tuple[int, ...]:
    """Return the shape in the file's layout."""
    return value.shape if isinstance(value, Stored) else value.integers.shape


def placed(node: Node, value: Operand, order: tuple[int, ...], target: Target | None = None) -> str:
    """Return the tensor of an operand with its axes, filled up in front, in this order.

    A constant becomes a tensor of the graph, in the scale of ``target`` if it is given.
    """
    if isinstance(value, Stored):
        return node.builder.ordered(value, order)
    if target is None:
        integers, scale, zero_point = node.single_scale(value)
    else:
        integers = constant_at(node, value, target)
        scale, zero_point = target.scale, target.zero_point
    padded = integers.reshape((1,) * (len(order) - integers.ndim) + integers.shape)
    array = np.ascontiguousarray(padded.transpose(order))
    tensor = Tensor(f"{node.output}:constant", array.shape, "int8", scale, zero_point)
    return node.builder.constant(tensor, array)
