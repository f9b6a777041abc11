"""Operators that copy elements: PAD, CONCATENATION, SPLIT and SLICE."""

import tflite

from zeroleap.gen import tables
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Concatenate, Operator, Pad, Slice, Table, Tensor

__all__ = ["concatenation", "pad", "slice_", "split"]

MOST_PARTS = 2**10


def pad(layer: Layer) -> Pad:
    """Read PAD, whose border is the zero point, and PADV2, whose border is its third input."""
    layer.expect(2, 3)
    source, target = layer.maps()
    layer.same_quantization(source, target)
    numbers = layer.integers(1)
    if len(numbers) != 2 * len(source.shape) or min(numbers) < 0:
        raise layer.refuse(
            f"paddings are {numbers}; two numbers of 0 or more for each of {len(source.shape)}"
            " axes are accepted"
        )
    pads = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    expected = tuple(
        before + length + after for length, (before, after) in zip(source.shape, pads, strict=True)
    )
    layer.expect_shape(target, expected)
    value, border = target.zero_point, layer.file_tensor(2)
    if border is not None:
        if border.values is None or border.type != "INT8" or border.values.size != 1:
            raise layer.refuse("constant_values are computed; one constant INT8 is accepted")
        value = int(border.values.reshape(-1)[0])
    return Pad(layer.name, layer.operator.code, (source.name,), target.name, pads, value)


def concatenation(layer: Layer) -> list[Operator]:
    """Read CONCATENATION: int8, along any axis; an input of another scale is brought to it."""
    layer.expect(1, MOST_PARTS)
    options = layer.options(tflite.ConcatenationOptions)
    target = layer.output
    parts = [layer.operand(position) for position in range(len(layer.operator.inputs))]
    if layer.clamp(options, target) != (-128, 127):
        raise layer.refuse("fused_activation_function is not NONE; NONE is accepted")
    for role, tensor in (
        *((f"input {i}", part) for i, part in enumerate(parts)),
        ("output", target),
    ):
        layer.expect_int8(role, tensor)
    axis = _axis(layer, options.Axis(), target)
    for part in parts:
        others = (*part.shape[:axis], *part.shape[axis + 1 :])
        if others != (*target.shape[:axis], *target.shape[axis + 1 :]):
            raise layer.refuse(
                f"input of shape {part.shape} and output of shape {target.shape}; shapes that"
                f" differ on axis {axis} only are accepted"
            )
    if sum(part.shape[axis] for part in parts) != target.shape[axis]:
        raise layer.refuse(f"output has shape {target.shape}; the inputs' sum is accepted")
    operators: list[Operator] = []
    names = [_rescaled(layer, part, target, operators).name for part in parts]
    code = layer.operator.code
    operators.append(Concatenate(layer.name, code, tuple(names), target.name, axis))
    return operators


def _rescaled(layer: Layer, part: Tensor, target: Tensor, operators: list[Operator]) -> Tensor:
    """Return ``part`` in the scale of ``target``, if need be by another operator."""
    if (part.scale, part.zero_point) == (target.scale, target.zero_point):
        return part
    result = layer.between("part", target, shape=part.shape)
    values = tables.rescale(part, target)
    code = layer.operator.code
    operators.append(Table(f"{layer.name}:part", code, (part.name,), result.name, values))
    return result


def split(layer: Layer) -> list[Slice]:
    """Read SPLIT: a slice for each output."""
    layer.expect(2, 2, MOST_PARTS)
    source, targets = layer.operand(1), layer.outputs
    axes = layer.integers(0)
    if len(axes) != 1:
        raise layer.refuse(f"axis is {axes}; one axis is accepted")
    axis = _axis(layer, axes[0], source)
    length = source.shape[axis] // len(targets)
    expected = (*source.shape[:axis], length, *source.shape[axis + 1 :])
    slices = []
    for index, target in enumerate(targets):
        layer.same_quantization(source, target)
        if target.shape != expected or length * len(targets) != source.shape[axis]:
            raise layer.refuse(
                f"{len(targets)} outputs have shape {target.shape}; equal parts of {source.shape}"
                f" on axis {axis} are accepted"
            )
        begin = tuple(index * length if each == axis else 0 for each in range(len(expected)))
        name = f"{layer.name}:{index}" if index else layer.name
        slices.append(_slice(layer, source, target, begin, (1,) * len(begin), name))
    return slices


def slice_(layer: Layer) -> Slice:
    """Read SLICE with constant begin and size; a size of -1 is all that is left."""
    layer.expect(3, 3)
    source, target = layer.input, layer.output
    layer.same_quantization(source, target)
    begin, sizes = layer.integers(1), layer.integers(2)
    rank = len(source.shape)
    if not len(begin) == len(sizes) == rank:
        raise layer.refuse(f"begin {begin} and size {sizes}; {rank} of each are accepted")
    expected = tuple(
        length - start if size == -1 else size
        for length, start, size in zip(source.shape, begin, sizes, strict=True)
    )
    inside = all(
        start >= 0 and size >= 1 and start + size <= length
        for length, start, size in zip(source.shape, begin, expected, strict=True)
    )
    if not inside or target.shape != expected:
        raise layer.refuse(
            f"begin {begin} and size {sizes} of input {source.shape} with output {target.shape};"
            " a part of the input is accepted"
        )
    return _slice(layer, source, target, begin, (1,) * rank)


def _slice(
    layer: Layer,
    source: Tensor,
    target: Tensor,
    begin: tuple[int, ...],
    step: tuple[int, ...],
    name: str = "",
) -> Slice:
    code = layer.operator.code
    return Slice(name or layer.name, code, (source.name,), target.name, begin, step)


def _axis(layer: Layer, axis: int, tensor: Tensor) -> int:
    rank = len(tensor.shape)
    if not -rank <= axis < rank:
        raise layer.refuse(f"axis is {axis}; {-rank}..{rank - 1} is accepted")
    return axis % rank
