"""Where the output of an ONNX ConvTranspose begins, and how large it is.

Sources: ONNX's definition of the operator; where that leaves open what too large an
``output_shape`` means, onnxruntime's ``conv_transpose_attributes.h``: nothing is cut off.
"""

from collections.abc import Mapping
from typing import Any

from zeroleap.gen.frontend.limits import MOST_STRIDE, MOST_WINDOW
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.window import WINDOW

__all__ = ["TRANSPOSED_WINDOW", "transposed_geometry"]

TRANSPOSED_WINDOW: Mapping[str, Any] = {**WINDOW, "output_padding": [0, 0], "output_shape": []}
"""Attributes of the window, and what they are if absent."""

Pair = tuple[int, int]


def transposed_geometry(
    node: Node, attributes: Mapping[str, Any], shape: tuple[int, ...], window: Pair
) -> tuple[Pair, Pair, Pair]:
    """Return stride, what is cut off before the output's first, and height and width of it.

    The inputs reach ``(length - 1) * stride + window`` outputs, and ``output_padding`` is behind
    these. Of this, ``pads`` are cut off, or what exceeds ``output_shape``, or, with ``auto_pad``
    SAME, what exceeds ``length * stride``: half of it at the beginning, and of an odd number the
    larger half, but for SAME_UPPER.

    Refuses anything but two dimensions and batch 1, dilation, and a size that onnxruntime refuses.
    """
    _check(node, attributes, shape, window)
    mode, strides, pads = (attributes[name] for name in ("auto_pad", "strides", "pads"))
    extra, wanted = attributes["output_padding"], attributes["output_shape"]
    before, sizes = [], []
    for i in range(2):
        reached = (shape[2 + i] - 1) * strides[i] + window[i]
        whole, most = reached + extra[i], reached + strides[i] - 1
        if wanted and not 1 <= wanted[i] <= most:
            raise node.refuse(
                f"output_shape is {tuple(wanted)}; 1..{most} is accepted where it is {wanted[i]}"
            )
        if wanted or mode.startswith("SAME"):
            size = wanted[i] if wanted else min(whole, shape[2 + i] * strides[i])
            cut = max(whole - size, 0)
            first = cut // 2 if mode == "SAME_UPPER" else cut - cut // 2
        else:
            first, size = pads[i], whole - pads[i] - pads[i + 2]
        before += [first]
        sizes += [size]
    if min(sizes) < 1:
        raise node.refuse(f"pads is {tuple(pads)}, which leaves nothing; less is accepted")
    return (strides[0], strides[1]), (before[0], before[1]), (sizes[0], sizes[1])


def _check(node: Node, attributes: Mapping[str, Any], shape: tuple[int, ...], window: Pair) -> None:
    mode = attributes["auto_pad"]
    node.require("auto_pad", mode, "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    node.require("dilations", list(attributes["dilations"]), [1, 1])
    if len(shape) != 4 or shape[0] != 1:
        raise node.refuse(f"input has shape {shape}; 4 dimensions with batch 1 are accepted")
    names = ("strides", "pads", "output_padding", "output_shape")
    strides, pads, extra, wanted = (tuple(attributes[name]) for name in names)
    limits = ("kernel_shape", window, MOST_WINDOW), ("strides", strides, MOST_STRIDE)
    for name, items, most in limits:
        if len(items) != 2 or not all(1 <= item <= most for item in items):
            raise node.refuse(f"{name} is {items}; 2 values in 1..{most} are accepted")
    if len(pads) != 4 or min(pads) < 0:
        raise node.refuse(f"pads is {pads}; 4 values of 0 or more are accepted")
    if mode != "NOTSET" and any(pads):
        raise node.refuse(f"pads is {pads} with auto_pad {mode}; 0 is accepted")
    if len(extra) != 2 or not all(0 <= extra[i] < strides[i] for i in range(2)):
        raise node.refuse(
            f"output_padding is {extra}; 2 values from 0 to less than the stride are accepted"
        )
    if len(wanted) not in (0, 2):
        raise node.refuse(f"output_shape is {wanted}; height and width are accepted")
    if mode.startswith("SAME") and any(extra) and not wanted:
        raise node.refuse(
            f"output_padding is {extra} with auto_pad {mode}; 0, or an output_shape, is accepted"
        )
