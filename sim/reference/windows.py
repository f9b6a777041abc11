"""What convolutions and pools share: a border around a map, and the taps of a sliding window."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Padding

__all__ = ["pad", "taps"]


def pad(values: npt.NDArray[Any], padding: Padding, fill: int) -> npt.NDArray[Any]:
    """Return ``values`` of shape (n, h, w, c) with ``fill`` around each map."""
    rows, columns = (padding.top, padding.bottom), (padding.left, padding.right)
    return np.pad(values, ((0, 0), rows, columns, (0, 0)), constant_values=fill)


def taps(
    padded: npt.NDArray[Any],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Iterator[tuple[int, int, npt.NDArray[Any]]]:
    """Yield ``r, s`` and what lies under that tap for every position of the window.

    The third item is a view of shape (n, out_height, out_width, c). A remainder of the map that is
    smaller than the stride meets no window. ``dilation`` is the distance of taps.

    Raises
    ------
    ValueError
        The window is larger than the map.
    """
    (height, width), (down, across) = padded.shape[1:3], stride
    reach = [(taps - 1) * step + 1 for taps, step in zip(window, dilation, strict=True)]
    if reach[0] > height or reach[1] > width:
        raise ValueError(f"window must fit in {height}x{width}, not {reach[0]}x{reach[1]}")
    for r in range(window[0]):
        for s in range(window[1]):
            top, left = r * dilation[0], s * dilation[1]
            rows = slice(top, height - reach[0] + top + 1, down)
            columns = slice(left, width - reach[1] + left + 1, across)
            yield r, s, padded[:, rows, columns]
