"""Where a window's padding goes, and how large its output is.

Source: ``ComputePaddingHeightWidth`` in ``tensorflow/lite/kernels/padding.h``.
"""

from typing import Any

import tflite

from zeroleap.gen.frontend.limits import MOST_WINDOW
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Padding, Tensor

__all__ = ["along", "stride_and_padding", "window_geometry"]


def window_geometry(
    layer: Layer,
    options: Any,
    source: Tensor,
    target: Tensor,
    window: tuple[int, int],
    channels: int,
) -> tuple[tuple[int, int], Padding]:
    """Return stride and padding; refuse an output of another shape than they give.

    SAME pads what is missing to ``ceil(length / stride)`` outputs, the odd one at the end; VALID
    pads nothing.
    """
    stride, is_same = stride_and_padding(layer, options, window)
    sizes, pads = zip(
        *(along(*axis, is_same) for axis in zip(source.shape[1:3], window, stride, strict=True)),
        strict=True,
    )
    expected = (source.shape[0], *sizes, channels)
    layer.expect_shape(target, expected)
    return stride, Padding(*pads[0], *pads[1])


def stride_and_padding(
    layer: Layer, options: Any, window: tuple[int, int], most_stride: int = MOST_WINDOW
) -> tuple[tuple[int, int], bool]:
    """Return the stride, down and across, and whether the padding is SAME; not, it is VALID."""
    stride = (options.StrideH(), options.StrideW())
    for attribute, (down, across), most in (
        ("stride", stride, most_stride),
        ("window", window, MOST_WINDOW),
    ):
        if not (1 <= down <= most and 1 <= across <= most):
            raise layer.refuse(f"{attribute} is {down}x{across}; 1..{most} is accepted")
    if options.Padding() not in (tflite.Padding.SAME, tflite.Padding.VALID):
        raise layer.refuse(f"padding is {options.Padding()}; SAME and VALID are accepted")
    return stride, options.Padding() == tflite.Padding.SAME


def along(length: int, window: int, stride: int, is_same: bool) -> tuple[int, tuple[int, int]]:
    """Return how many outputs there are along an axis, and the padding before and after."""
    if not is_same:
        return (length - window) // stride + 1, (0, 0)
    size = -(-length // stride)
    missing = max(0, (size - 1) * stride + window - length)
    return size, (missing // 2, missing - missing // 2)
