"""Where an ONNX window's padding goes, and how large its output is."""

from collections.abc import Mapping
from typing import Any

from zeroleap.gen.frontend.limits import MOST_WINDOW
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.ir import Padding

__all__ = ["window_geometry"]


def window_geometry(
    node: Node, attributes: Mapping[str, Any], shape: tuple[int, ...], window: tuple[int, ...]
) -> tuple[tuple[int, int], Padding, tuple[int, int]]:
    """Return stride, padding, and height and width of the output.

    Refuses automatic padding, anything but two dimensions and batch 1, and padding that is as large
    as the window.
    """
    node.require("auto_pad", attributes["auto_pad"], "NOTSET", "VALID")
    if len(shape) != 4 or shape[0] != 1:
        raise node.refuse(f"input has shape {shape}; 4 dimensions with batch 1 are accepted")
    strides, pads = tuple(attributes["strides"]), tuple(attributes["pads"])
    for name, items, count in (("kernel_shape", window, 2), ("strides", strides, 2)):
        if len(items) != count or not all(1 <= item <= MOST_WINDOW for item in items):
            raise node.refuse(f"{name} is {items}; {count} values in 1..{MOST_WINDOW} are accepted")
    if len(pads) != 4 or not all(0 <= pads[i] < window[i % 2] for i in range(4)):
        raise node.refuse(f"pads is {pads}; 4 values from 0 to less than the window are accepted")
    if attributes["auto_pad"] == "VALID" and any(pads):
        raise node.refuse(f"pads is {pads} with auto_pad VALID; 0 is accepted")
    top, left, bottom, right = pads
    height = (shape[2] + top + bottom - window[0]) // strides[0] + 1
    width = (shape[3] + left + right - window[1]) // strides[1] + 1
    if height < 1 or width < 1:
        raise node.refuse(
            f"the window {window} exceeds the input {shape}; one that fits is accepted"
        )
    return (strides[0], strides[1]), Padding(top, bottom, left, right), (height, width)
