"""Rules of operators that move elements, or put others between them."""

import numpy as np

from zeroleap.gen.ir import (
    Concatenate,
    Interpolate,
    Pad,
    Rearrange,
    Reshape,
    Resize,
    Slice,
    Tensor,
    Transpose,
)
from zeroleap.gen.passes.rules.common import require, require_int8, require_same_quantization

__all__ = [
    "verify_concatenate",
    "verify_interpolate",
    "verify_pad",
    "verify_rearrange",
    "verify_reshape",
    "verify_resize",
    "verify_slice",
    "verify_transpose",
]


def verify_reshape(operator: Reshape, source: Tensor, target: Tensor) -> None:
    """Check a Reshape."""
    require_same_quantization(source, target)
    require(source.size == target.size, f"output must have {source.size} elements", target.shape)


def verify_transpose(operator: Transpose, source: Tensor, target: Tensor) -> None:
    """Check a Transpose."""
    require_same_quantization(source, target)
    permutation = operator.permutation
    require(
        sorted(permutation) == list(range(len(source.shape))),
        f"permutation must order {len(source.shape)} axes",
        permutation,
    )
    expected = tuple(source.shape[axis] for axis in permutation)
    require(target.shape == expected, f"output must have shape {expected}", target.shape)


def verify_pad(operator: Pad, source: Tensor, target: Tensor) -> None:
    """Check a Pad."""
    require_int8(source)
    require_same_quantization(source, target)
    require(
        len(operator.pads) == len(source.shape) and min(map(min, operator.pads), default=0) >= 0,
        f"pads must be 0 or more for each of {len(source.shape)} axes",
        operator.pads,
    )
    expected = tuple(
        before + length + after
        for length, (before, after) in zip(source.shape, operator.pads, strict=True)
    )
    require(target.shape == expected, f"output must have shape {expected}", target.shape)
    require(-128 <= operator.value <= 127, "value must be in -128..127", operator.value)


def verify_concatenate(operator: Concatenate, *tensors: Tensor) -> None:
    """Check a Concatenate."""
    *sources, target = tensors
    axis = operator.axis
    require(0 <= axis < len(target.shape), f"axis must be in {target.shape}", axis)
    for source in sources:
        require_same_quantization(source, target)
        require(
            len(source.shape) == len(target.shape)
            and source.shape[:axis] == target.shape[:axis]
            and source.shape[axis + 1 :] == target.shape[axis + 1 :],
            f"inputs must have the output's shape {target.shape} but on axis {axis}",
            source.shape,
        )
    total = sum(source.shape[axis] for source in sources)
    require(target.shape[axis] == total, f"output must have {total} on axis {axis}", target.shape)


def verify_slice(operator: Slice, source: Tensor, target: Tensor) -> None:
    """Check a Slice."""
    require_same_quantization(source, target)
    places = (source.shape, target.shape, operator.begin, operator.step)
    require(
        len({len(place) for place in places}) == 1,
        f"output, begin and step must have {len(source.shape)} axes",
        places[1:],
    )
    for length, count, begin, step in zip(*places, strict=True):
        require(
            step != 0 and 0 <= begin < length and 0 <= begin + (count - 1) * step < length,
            f"slice must lie in {source.shape}",
            (operator.begin, operator.step, target.shape),
        )


def verify_rearrange(operator: Rearrange, source: Tensor, target: Tensor) -> None:
    """Check a Rearrange."""
    require_same_quantization(source, target)
    require(source.size == target.size, f"output must have {source.size} elements", target.shape)
    require(
        np.array_equal(np.sort(operator.order), np.arange(source.size)),
        f"order must have each of {source.size} elements once",
        operator.order,
    )


def verify_resize(operator: Resize, source: Tensor, target: Tensor) -> None:
    """Check a Resize."""
    require_same_quantization(source, target)
    _require_places(operator, source, target, unit=1)


def verify_interpolate(operator: Interpolate, source: Tensor, target: Tensor) -> None:
    """Check an Interpolate."""
    require_int8(source, target)
    require_same_quantization(source, target)
    _require_places(operator, source, target, Interpolate.UNIT)


def _require_places(
    operator: Resize | Interpolate, source: Tensor, target: Tensor, unit: int
) -> None:
    """Require an output of a place for each row and column, in 1/``unit`` of the input's."""
    require(len(source.shape) == 4, "input must have 4 dimensions", source.shape)
    batch, height, width, channels = source.shape
    expected = (batch, len(operator.rows), len(operator.columns), channels)
    require(target.shape == expected, f"output must have shape {expected}", target.shape)
    for length, places in ((height, operator.rows), (width, operator.columns)):
        last = (length - 1) * unit
        require(min(places) >= 0 and max(places) <= last, f"must lie in 0..{last}", places)
