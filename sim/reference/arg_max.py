"""Where the largest value is.

Source: ``ArgMinMax`` in ``tensorflow/lite/kernels/internal/reference/arg_min_max.h``.
"""

from typing import Any

import numpy.typing as npt

from zeroleap.gen.ir import ArgMax, Tensor

__all__ = ["arg_max"]


def arg_max(
    operator: ArgMax, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the index of the largest of ``values`` along the axis, the first of several."""
    return values.argmax(axis=operator.axis).astype(target.dtype)
