"""STRIDED_SLICE, of maps and of constants.

Source: ``StartForAxis`` and ``StopForAxis`` in
``tensorflow/lite/kernels/internal/strided_slice_logic.h``.
"""

import tflite

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Operator, Reshape, Slice

__all__ = ["places", "strided_slice"]


def places(layer: Layer, shape: tuple[int, ...]) -> tuple[list[range], tuple[int, ...]]:
    """Return the places that are taken on each axis of ``shape``, and the output's shape.

    An axis of ``shrink_axis_mask`` has one place, and is none of the output's.

    Raises
    ------
    InputError
        Begin, end and strides are computed or not one for each axis, a stride is 0, an axis that
        shrinks begins outside, or there is a new axis, an ellipsis or an offset.
    """
    layer.expect(4, 4)
    options = layer.options(tflite.StridedSliceOptions)
    for mask in ("EllipsisMask", "NewAxisMask"):
        if getattr(options, mask)():
            raise layer.refuse(f"{mask} is {getattr(options, mask)()}; 0 is accepted")
    if getattr(options, "Offset", bool)():
        raise layer.refuse("offset is true; false is accepted")
    begins, ends, steps = (layer.integers(position) for position in (1, 2, 3))
    rank = len(shape)
    if not len(begins) == len(ends) == len(steps) == rank or 0 in steps:
        raise layer.refuse(
            f"begin {begins}, end {ends} and strides {steps}; {rank} of each, strides not 0, are"
            " accepted"
        )
    taken, kept = list[range](), list[int]()
    for axis, (length, step) in enumerate(zip(shape, steps, strict=True)):
        first = None if options.BeginMask() >> axis & 1 else begins[axis]
        last = None if options.EndMask() >> axis & 1 else ends[axis]
        start, stop, _ = slice(first, last, step).indices(length)
        if not options.ShrinkAxisMask() >> axis & 1:
            taken.append(range(start, stop, step))
            kept.append(len(taken[-1]))
        elif 0 <= start < length:
            taken.append(range(start, start + 1))
        else:
            raise _outside(layer, shape)
    return taken, tuple(kept)


def strided_slice(layer: Layer) -> list[Operator]:
    """Read STRIDED_SLICE with constant begin, end and strides; no new axis, no ellipsis."""
    layer.expect(4, 4)
    source, target = layer.input, layer.output
    layer.same_quantization(source, target)
    taken, kept = places(layer, source.shape)
    begin = tuple(along.start for along in taken)
    steps = tuple(along.step for along in taken)
    shape = tuple(len(along) for along in taken)
    if any(not 0 <= at < length for at, length in zip(begin, source.shape, strict=True)):
        raise _outside(layer, source.shape)
    if target.shape != kept or 0 in shape:
        raise layer.refuse(f"output has shape {target.shape}; {kept}, not empty, is accepted")
    part = target if kept == shape else layer.between("slice", target, shape=shape)
    code = layer.operator.code
    made: list[Operator] = [Slice(layer.name, code, (source.name,), part.name, begin, steps)]
    if part is not target:
        made.append(Reshape(f"{layer.name}:shape", code, (part.name,), target.name))
    return made


def _outside(layer: Layer, shape: tuple[int, ...]) -> InputError:
    return layer.refuse(f"begin {layer.integers(1)} of input {shape}; a place in it is accepted")
