"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

import math
from typing import Any

import numpy as np
import tflite

from zeroleap.gen.frontend.limits import MOST_WINDOW
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Interpolate, Resize, Tensor

__all__ = ["resize_bilinear", "resize_nearest"]

Size = tuple[int, int]


def resize_nearest(layer: Layer) -> Resize:
    """Read RESIZE_NEAREST_NEIGHBOR to a constant size.

    Source: ``GetNearestNeighbor`` in
    ``tensorflow/lite/kernels/internal/reference/resize_nearest_neighbor.h``.
    """
    source, target, sizes = _ends(layer)
    options = layer.options(tflite.ResizeNearestNeighborOptions, may_be_absent=True)
    align, centers = _places(options)
    rows, columns = (
        tuple(_nearest(at, before, after, align, centers) for at in range(after))
        for before, after in sizes
    )
    return Resize(layer.name, layer.operator.code, (source.name,), target.name, rows, columns)


def resize_bilinear(layer: Layer) -> Interpolate:
    """Read RESIZE_BILINEAR to a constant size.

    Source: ``ResizeBilinearInteger`` and ``ComputeInterpolationValuesInteger`` in
    ``tensorflow/lite/kernels/internal/reference/resize_bilinear.h``.
    """
    source, target, sizes = _ends(layer)
    options = layer.options(tflite.ResizeBilinearOptions, may_be_absent=True)
    align, centers = _places(options)
    if align and centers:
        raise layer.refuse("align_corners and half_pixel_centers are true; one is accepted")
    rows, columns = (_between(before, after, align, centers) for before, after in sizes)
    return Interpolate(layer.name, layer.operator.code, (source.name,), target.name, rows, columns)


def _ends(layer: Layer) -> tuple[Tensor, Tensor, tuple[Size, Size]]:
    """Return input, output, and how long rows and columns are before and after."""
    layer.expect(2, 2)
    source, target = layer.maps(rank=4)
    layer.same_quantization(source, target)
    size = layer.integers(1)
    if len(size) != 2 or not 1 <= min(size) <= max(size) <= MOST_WINDOW:
        raise layer.refuse(f"size is {size}; height and width in 1..{MOST_WINDOW} are accepted")
    height, width = size
    layer.expect_shape(target, (1, height, width, source.shape[3]))
    return source, target, ((source.shape[1], height), (source.shape[2], width))


def _places(options: Any) -> tuple[bool, bool]:
    """Return ``align_corners`` and ``half_pixel_centers``, which are false where absent."""
    if options is None:
        return False, False
    return bool(options.AlignCorners()), bool(options.HalfPixelCenters())


def _nearest(at: int, before: int, after: int, align: bool, centers: bool) -> int:
    """Return where element ``at`` of ``after`` comes from, of ``before``; all in float32."""
    if align and after > 1:
        scale = np.float32(before - 1) / np.float32(after - 1)
    else:
        scale = np.float32(before) / np.float32(after)
    place = float((np.float32(at) + np.float32(0.5 if centers else 0)) * scale)
    return min(math.floor(place + 0.5) if align else math.floor(place), before - 1)


def _between(before: int, after: int, align: bool, centers: bool) -> tuple[int, ...]:
    """Return where the elements of ``after`` lie between those of ``before``, in 1/1024.

    What lies beyond an end lies at it.
    """
    if align and after > 1:
        step = ((before - 1) * Interpolate.UNIT + (after - 1) // 2) // (after - 1)
    else:
        step = (before * Interpolate.UNIT + after // 2) // after
    first = step // 2 - Interpolate.UNIT // 2 if centers else 0
    last = (before - 1) * Interpolate.UNIT
    return tuple(min(max(first + at * step, 0), last) for at in range(after))
