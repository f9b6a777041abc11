"""Interpolation between rows and columns.

Source: ``ResizeBilinearInteger`` in
``tensorflow/lite/kernels/internal/reference/resize_bilinear.h``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Interpolate, Tensor

__all__ = ["interpolate"]


def interpolate(
    operator: Interpolate, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the output of ``operator``."""
    lines = _weighed(values.astype(np.int64), operator.rows, axis=1)
    sums = _weighed(lines, operator.columns, axis=2)
    unit = Interpolate.UNIT**2
    sizes = (np.abs(sums) + unit // 2) // unit
    return (np.sign(sums) * sizes).astype(target.dtype)


def _weighed(
    values: npt.NDArray[np.int64], places: Sequence[int], axis: int
) -> npt.NDArray[np.int64]:
    """Return ``Interpolate.UNIT`` times what lies at ``places`` of an axis."""
    first, after = np.divmod(np.array(places), Interpolate.UNIT)
    second = np.minimum(first + 1, values.shape[axis] - 1)
    shape = [1] * values.ndim
    shape[axis] = len(places)
    weights = after.reshape(shape)
    before = np.take(values, first, axis) * (Interpolate.UNIT - weights)
    return before + np.take(values, second, axis) * weights
