"""Where an ONNX window's padding goes, and how large its output is."""

from collections.abc import Mapping
from typing import Any

from zeroleap.gen.frontend.limits import MOST_WINDOW
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.geometry import reach
from zeroleap.gen.ir import Padding

__all__ = ["WINDOW", "window_geometry"]

WINDOW: Mapping[str, Any] = {
    "auto_pad": "NOTSET",
    "dilations": [1, 1],
    "pads": [0] * 4,
    "strides": [1, 1],
}
"""Attributes that all windows have, and what they are if absent."""


def window_geometry(
    node: Node, attributes: Mapping[str, Any], shape: tuple[int, ...], window: tuple[int, ...]
) -> tuple[tuple[int, int], Padding, tuple[int, int]]:
    """Return stride, padding, and height and width of the output.

    ``attributes`` are those of `WINDOW`, with ``ceil_mode`` if the operator has it. Refuses
    anything but two dimensions and batch 1, and padding that is as large as the window.
    """
    mode = attributes["auto_pad"]
    node.require("auto_pad", mode, "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    if len(shape) != 4 or shape[0] != 1:
        raise node.refuse(f"input has shape {shape}; 4 dimensions with batch 1 are accepted")
    strides, pads = tuple(attributes["strides"]), tuple(attributes["pads"])
    dilations = tuple(attributes["dilations"])
    for name, items in (("kernel_shape", window), ("strides", strides), ("dilations", dilations)):
        if len(items) != 2 or not all(1 <= item <= MOST_WINDOW for item in items):
            raise node.refuse(f"{name} is {items}; 2 values in 1..{MOST_WINDOW} are accepted")
    spans = reach(window, dilations)
    if len(pads) != 4 or not all(0 <= pads[i] < spans[i % 2] for i in range(4)):
        raise node.refuse(f"pads is {pads}; 4 values from 0 to less than the window are accepted")
    if mode != "NOTSET" and any(pads):
        raise node.refuse(f"pads is {pads} with auto_pad {mode}; 0 is accepted")
    sides, lengths = [], []
    for i in range(2):
        around = (pads[i], pads[i + 2])
        if mode.startswith("SAME"):
            length = -(-shape[2 + i] // strides[i])
            whole = max((length - 1) * strides[i] + spans[i] - shape[2 + i], 0)
            around = (whole - whole // 2, whole // 2)
            around = around if mode == "SAME_LOWER" else around[::-1]
        elif attributes.get("ceil_mode"):
            around, length = _rounded_up(shape[2 + i], around, spans[i], strides[i])
        else:
            length = (shape[2 + i] + sum(around) - spans[i]) // strides[i] + 1
        sides += [around]
        lengths += [length]
    height, width = lengths
    if height < 1 or width < 1:
        raise node.refuse(
            f"the window {window} exceeds the input {shape}; one that fits is accepted"
        )
    return (strides[0], strides[1]), Padding(*sides[0], *sides[1]), (height, width)


def _rounded_up(
    size: int, around: tuple[int, int], span: int, stride: int
) -> tuple[tuple[int, int], int]:
    """Return padding and length with a last window that may exceed the padded map.

    It must begin within the map or the padding before it (ONNX, MaxPool, ``ceil_mode``).
    """
    before, after = around
    length = -(-(size + before + after - span) // stride) + 1
    if (length - 1) * stride >= size + before:
        length -= 1
    return (before, max((length - 1) * stride + span - size - before, 0)), length
