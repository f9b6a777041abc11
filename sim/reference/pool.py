"""Maximum and average over windows, as ``reference_integer_ops::MaxPool`` and ``AveragePool``.

Source: ``tensorflow/lite/kernels/internal/reference/integer_ops/pooling.h``. An average that
changes the scale is this project's own and is described at `zeroleap.gen.ir.AveragePool`.
"""

from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import AveragePool, MaxPool, Padding, Pool, Tensor
from zeroleap.sim.reference.requantize import requantize
from zeroleap.sim.reference.windows import pad, taps

__all__ = ["average_pool", "max_pool"]


def max_pool(
    operator: MaxPool, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the largest value in each window, clamped; padding is smaller than everything."""
    padded = pad(values, operator.padding, np.iinfo(values.dtype).min)
    under = (tap for _, _, tap in taps(padded, operator.window, operator.stride))
    return np.clip(reduce(np.maximum, under), *operator.clamp).astype(target.dtype)


def average_pool(
    operator: AveragePool, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the mean of each window, clamped.

    ``sign(sum) * ((abs(sum) + count // 2) // count)``: padding takes no part in sum and count, and
    the values are summed as they are, zero point included. With ``requantization`` it is instead
    the requantised sum of ``(value - zero_point)``.

    Raises
    ------
    ValueError
        A window holds nothing but padding, or there is padding beside ``requantization``.
    """
    wide = values.astype(np.int32)
    if operator.requantization is not None:
        if operator.padding != Padding():
            raise ValueError(
                f"padding must be 0 where an average changes the scale, not {operator.padding}"
            )
        sums = _sum(wide - np.int32(source.zero_point), operator)
        result = requantize(sums, operator.requantization, target.zero_point, operator.clamp)
        return result.astype(target.dtype)
    sums, counts = _sum(wide, operator), _sum(np.ones_like(wide), operator)
    if not counts.all():
        raise ValueError(f"every window must meet the map, not only {operator.padding}")
    means = np.sign(sums) * ((np.abs(sums) + counts // 2) // counts)
    return np.clip(means, *operator.clamp).astype(target.dtype)


def _sum(values: npt.NDArray[np.int32], operator: Pool) -> npt.NDArray[np.int32]:
    padded = pad(values, operator.padding, 0)
    return reduce(np.add, (tap for _, _, tap in taps(padded, operator.window, operator.stride)))
