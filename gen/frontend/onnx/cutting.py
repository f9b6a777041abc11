"""Pad, Slice and Split: more or fewer elements, none of them another."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from zeroleap.gen.frontend.limits import shape_problem
from zeroleap.gen.frontend.onnx.moving import moved
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Constant, QuantizedConstant, Real, Stored, Value
from zeroleap.gen.ir import Operator, Pad, Slice

__all__ = ["pad", "slice_", "split"]

MOST_PARTS = 2**10


def pad(node: Node) -> Value:
    """Read Pad with a constant."""
    node.require("mode", node.attributes(mode="constant")["mode"], "constant")
    value = node.value(0)
    if isinstance(value, Real):
        value = node.quantized_input()
    elif not isinstance(value, Stored):
        raise node.unquantized(0)
    numbers, axes = node.integers(1, "pads", 16), node.integers(3, "axes")

    def move(stored: Stored) -> Stored:
        stored = node.builder.settled(stored)
        rank = len(stored.shape)
        places = range(rank) if axes is None else [node.axis(axis, rank) for axis in axes]
        if numbers is None or len(numbers) != 2 * len(places) or min(numbers, default=0) < 0:
            raise node.refuse(
                f"pads is {numbers}; two constants of 0 or more for each of {len(places)} axes are"
                " accepted"
            )
        around = [(0, 0)] * rank
        for i, axis in enumerate(places):
            around[axis] = (numbers[i], numbers[i + len(places)])
        shape = tuple(
            before + length + after
            for length, (before, after) in zip(stored.shape, around, strict=True)
        )
        pads = tuple(around[axis] for axis in stored.order)
        border = _border(node, stored)
        return _changed(
            node,
            stored,
            shape,
            lambda name, source, target: Pad(name, node.source, source, target, pads, border),
        )

    return moved(node, move)


def slice_(node: Node) -> Value:
    """Read Slice between constants."""
    node.attributes()
    starts, ends = node.integers(1, "starts"), node.integers(2, "ends")
    axes, steps = node.integers(3, "axes"), node.integers(4, "steps")
    if starts is None or ends is None:
        raise node.refuse("starts or ends are absent; constant ones are accepted")
    axes = tuple(range(len(starts))) if axes is None else axes
    steps = (1,) * len(starts) if steps is None else steps

    def move(stored: Stored) -> Stored:
        rank = len(stored.shape)
        if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
            raise node.refuse(
                f"starts {starts}, ends {ends}, axes {axes}, steps {steps}; as many of each, and"
                " steps that are not 0, are accepted"
            )
        ranges = [range(length) for length in stored.shape]
        for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
            place = node.axis(axis, rank)
            length = stored.shape[place]
            stop = None if step < 0 and end < -length else end
            ranges[place] = range(*slice(start, stop, step).indices(length))
        return _sliced(node, stored, ranges)

    return moved(node, move)


def split(node: Node) -> tuple[Value, ...]:
    """Read Split into constant or equal parts."""
    attributes = node.attributes(axis=0, split=None, num_outputs=None)
    count = len(node.proto.output)
    if not 1 <= count <= MOST_PARTS or attributes["num_outputs"] not in (None, count):
        raise node.refuse(f"has {count} outputs; num_outputs, 1..{MOST_PARTS}, is accepted")
    given = node.integers(1, "split", MOST_PARTS)
    lengths = given if attributes["split"] is None else tuple(attributes["split"])
    if not isinstance(node.value(0), Stored):
        node.quantized_input()

    def part(index: int) -> Value:
        def move(stored: Stored) -> Stored:
            axis = node.axis(attributes["axis"], len(stored.shape))
            whole = stored.shape[axis]
            most = -(-whole // count)
            sizes = lengths or (*[most] * (count - 1), whole - most * (count - 1))
            if len(sizes) != count or sum(sizes) != whole or min(sizes) < 1:
                raise node.refuse(
                    f"parts are {sizes[:8]} of {whole}; {count} that add up to it are accepted"
                )
            ranges = [range(length) for length in stored.shape]
            begin = sum(sizes[:index])
            ranges[axis] = range(begin, begin + sizes[index])
            return _sliced(node, stored, ranges, index)

        return moved(node, move)

    return tuple(part(index) for index in range(count))


def _sliced(node: Node, stored: Stored, ranges: Sequence[range], index: int = 0) -> Stored:
    stored = node.builder.settled(stored)
    shape = tuple(len(each) for each in ranges)
    if 0 in shape:
        raise node.refuse(f"nothing is left of {stored.shape}; 1 element and more are accepted")
    begin = tuple(ranges[axis].start for axis in stored.order)
    step = tuple(ranges[axis].step for axis in stored.order)
    return _changed(
        node,
        stored,
        shape,
        lambda name, source, target: Slice(name, node.source, source, target, begin, step),
        index,
    )


def _changed(
    node: Node,
    stored: Stored,
    shape: tuple[int, ...],
    make: Callable[[str, tuple[str, ...], str], Operator],
    index: int = 0,
) -> Stored:
    """Add the operator that makes a value of ``shape``, of the same scale, of ``stored``."""
    problem = shape_problem(shape)
    source = node.builder.tensors[stored.tensor]
    if problem or source.dtype != "int8":
        raise node.refuse(
            problem or f"input is {source.dtype}; a QuantizeLinear before it is accepted"
        )
    like = replace(
        source, name=node.proto.output[index], shape=tuple(shape[axis] for axis in stored.order)
    )
    result = node.builder.tensor(like)
    node.builder.operators.append(make(node.layer_name(), (source.name,), result.name))
    return replace(stored, tensor=result.name, base=shape, shape=shape)


def _border(node: Node, stored: Stored) -> int:
    """Return the integer to pad with: of a real, or of what is stored as it is."""
    tensor = node.builder.tensors[stored.tensor]
    value = node.value(2)
    if value is None:
        return tensor.zero_point if isinstance(node.value(0), Real) else -128 * stored.unsigned
    if isinstance(value, QuantizedConstant) and value.integers.size == 1:
        integers, scale, zero_point = node.single_scale(value)
        real = (float(integers.reshape(-1)[0]) - zero_point) * scale
    elif not isinstance(value, Constant) or value.array.size != 1:
        raise node.refuse("constant_value is computed; one constant is accepted")
    elif isinstance(node.value(0), Stored):
        return int(value.array.reshape(-1)[0]) - 128 * stored.unsigned
    else:
        real = float(value.array.reshape(-1)[0])
    steps = np.clip(np.nan_to_num(real / tensor.scale), -1024, 1024)
    return int(np.clip(np.rint(steps) + tensor.zero_point, -128, 127))
