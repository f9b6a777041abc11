"""Operators that choose or move elements: their result has the scale of their input.

Rounding and saturation to 8 bits keep the order of values, so that moving, or taking the largest of
some, gives the same before and after it.
"""

from collections.abc import Callable
from dataclasses import replace

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Function, Pending, Real, Stored, Value

__all__ = ["moved"]


def moved(node: Node, move: Callable[[Stored], Stored]) -> Value:
    """Apply ``move`` to the first input: now if it is stored, or when it is quantised."""
    value = node.value(0)
    if isinstance(value, Stored):
        return move(value)
    if isinstance(value, Real | Function):
        return replace(value, stored=move(value.stored))
    if isinstance(value, Pending):
        finish = value.finish
        return replace(value.alone(), finish=lambda target: move(finish(target)))
    raise node.refuse("input is a constant or an integer input; a computed real tensor is accepted")
