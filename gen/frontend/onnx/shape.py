"""Operators that move data but do not change it: they change how a value's storage is read."""

import math
from dataclasses import replace

import onnx

from zeroleap.gen.frontend.limits import shape_problem
from zeroleap.gen.frontend.onnx.moving import moved
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Constant, Stored, Value

__all__ = ["constant", "flatten", "identity", "reshape", "squeeze", "transpose", "unsqueeze"]


def identity(node: Node) -> Value:
    """Read Identity."""
    node.attributes()
    return moved(node, lambda stored: stored)


def constant(node: Node) -> Value:
    """Read Constant that holds a tensor."""
    attributes = node.attributes(value=None)
    if attributes["value"] is None:
        raise node.refuse("attribute value is absent; a tensor is accepted")
    return Constant(onnx.numpy_helper.to_array(attributes["value"]))


def flatten(node: Node) -> Value:
    """Read Flatten."""
    axis = node.attributes(axis=1)["axis"]

    def shape(old: tuple[int, ...]) -> tuple[int, ...]:
        if not -len(old) <= axis <= len(old):
            raise node.refuse(f"attribute axis is {axis}; {-len(old)}..{len(old)} is accepted")
        cut = axis + len(old) if axis < 0 else axis
        return (math.prod(old[:cut]), math.prod(old[cut:]))

    return moved(node, lambda stored: _reshaped(node, stored, shape(stored.shape)))


def reshape(node: Node) -> Value:
    """Read Reshape to a constant shape."""
    allow_zero = node.attributes(allowzero=0)["allowzero"]
    wanted = node.integers(1, "shape")
    if wanted is None:
        raise node.refuse("shape is absent; a constant is accepted")

    def shape(old: tuple[int, ...]) -> tuple[int, ...]:
        new = [
            old[i] if length == 0 and not allow_zero and i < len(old) else length
            for i, length in enumerate(wanted)
        ]
        if new.count(-1) == 1:
            rest = -math.prod(new)
            new[new.index(-1)] = math.prod(old) // rest if rest > 0 else 0
        return tuple(new)

    return moved(node, lambda stored: _reshaped(node, stored, shape(stored.shape)))


def squeeze(node: Node) -> Value:
    """Read Squeeze."""
    axes = _axes(node)

    def shape(old: tuple[int, ...]) -> tuple[int, ...]:
        dropped = {axis % len(old) for axis in axes} if axes else set(range(len(old)))
        if axes and any(old[axis] != 1 for axis in dropped):
            raise node.refuse(f"axes {axes} of {old} are not all of length 1; such are accepted")
        return tuple(n for axis, n in enumerate(old) if axis not in dropped or n != 1)

    return moved(node, lambda stored: _reshaped(node, stored, shape(stored.shape)))


def unsqueeze(node: Node) -> Value:
    """Read Unsqueeze."""
    axes = _axes(node)
    if axes is None:
        raise node.refuse("axes are absent; constant ones are accepted")

    def shape(old: tuple[int, ...]) -> tuple[int, ...]:
        rank = len(old) + len(axes)
        added = {axis % rank for axis in axes}
        rest = iter(old)
        return tuple(1 if axis in added else next(rest, 0) for axis in range(rank))

    return moved(node, lambda stored: _reshaped(node, stored, shape(stored.shape)))


def transpose(node: Node) -> Value:
    """Read Transpose."""
    wanted = node.attributes(perm=None)["perm"]

    def move(stored: Stored) -> Stored:
        rank = len(stored.shape)
        permutation = list(reversed(range(rank))) if wanted is None else list(wanted)
        if sorted(permutation) != list(range(rank)):
            raise node.refuse(
                f"attribute perm is {permutation}; an order of {rank} axes is accepted"
            )
        stored = node.builder.settled(stored)
        shape = tuple(stored.shape[axis] for axis in permutation)
        order = tuple(permutation.index(axis) for axis in stored.order)
        return replace(stored, base=shape, order=order, shape=shape)

    return moved(node, move)


def _axes(node: Node) -> tuple[int, ...] | None:
    attribute = node.attributes(axes=None)["axes"]
    return node.integers(1, "axes") if attribute is None else tuple(attribute)


def _reshaped(node: Node, stored: Stored, shape: tuple[int, ...]) -> Stored:
    if shape_problem(shape) or math.prod(shape) != math.prod(stored.shape):
        raise node.refuse(
            f"output has shape {shape}; {math.prod(stored.shape)} elements, those of"
            f" {stored.shape}, are accepted"
        )
    return replace(stored, shape=shape)
