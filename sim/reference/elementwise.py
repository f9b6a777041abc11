"""Operators of two maps, as ``reference_integer_ops::Add``.

Source: ``add.h`` in ``tensorflow/lite/kernels/internal/reference/integer_ops``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Add, Requantization, Sum, Tensor
from zeroleap.sim.reference.requantize import multiply_by_quantized_multiplier, requantize

__all__ = ["add"]


def add(
    operator: Add,
    first: npt.NDArray[Any],
    second: npt.NDArray[Any],
    first_source: Tensor,
    second_source: Tensor,
    target: Tensor,
) -> npt.NDArray[Any]:
    """Return the sum of both operands, each brought to one scale, in the scale of ``target``."""
    total = _scaled(first, first_source, operator.first) + _scaled(
        second, second_source, operator.second
    )
    result = requantize(total, operator.requantization, target.zero_point, operator.clamp)
    return result.astype(target.dtype)


def _scaled(
    values: npt.NDArray[Any], source: Tensor, requantization: Requantization
) -> npt.NDArray[np.int32]:
    steps = (values.astype(np.int32) - np.int32(source.zero_point)) << Sum.LEFT_SHIFT
    return multiply_by_quantized_multiplier(steps, requantization.multiplier, requantization.shift)
