"""Operators of two maps, as ``reference_integer_ops::Add``, ``Mul`` and their like.

Sources: ``add.h`` and ``mul.h`` in ``tensorflow/lite/kernels/internal/reference/integer_ops``;
``sub.h`` and ``maximum_minimum.h`` in ``tensorflow/lite/kernels/internal/reference``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Add, Maximum, Minimum, Multiply, Requantization, Subtract, Sum, Tensor
from zeroleap.sim.reference.requantize import multiply_by_quantized_multiplier, requantize

__all__ = ["add_or_subtract", "largest_or_smallest", "multiply"]

Values = npt.NDArray[Any]


def add_or_subtract(
    operator: Add | Subtract,
    first: Values,
    second: Values,
    first_source: Tensor,
    second_source: Tensor,
    target: Tensor,
) -> Values:
    """Return sum or difference of both, each brought to one scale, in the scale of ``target``."""
    left = _scaled(first, first_source, operator.first)
    right = _scaled(second, second_source, operator.second)
    total = left + right if isinstance(operator, Add) else left - right
    result = requantize(total, operator.requantization, target.zero_point, operator.clamp)
    return result.astype(target.dtype)


def _scaled(values: Values, source: Tensor, requantization: Requantization) -> Values:
    steps = _steps(values, source) << Sum.LEFT_SHIFT
    return multiply_by_quantized_multiplier(steps, requantization.multiplier, requantization.shift)


def multiply(
    operator: Multiply,
    first: Values,
    second: Values,
    first_source: Tensor,
    second_source: Tensor,
    target: Tensor,
) -> Values:
    """Return the product of both in the scale of ``target``."""
    product = _steps(first, first_source) * _steps(second, second_source)
    result = requantize(product, operator.requantization, target.zero_point, operator.clamp)
    return result.astype(target.dtype)


def largest_or_smallest(
    operator: Maximum | Minimum,
    first: Values,
    second: Values,
    first_source: Tensor,
    second_source: Tensor,
    target: Tensor,
) -> Values:
    """Return the larger or the smaller of both, clamped."""
    choose = np.maximum if isinstance(operator, Maximum) else np.minimum
    return np.clip(choose(first, second), *operator.clamp).astype(target.dtype)


def _steps(values: Values, source: Tensor) -> npt.NDArray[np.int32]:
    return values.astype(np.int32) - np.int32(source.zero_point)
