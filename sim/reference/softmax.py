"""Softmax on int8 in fixed point, as ``reference_ops::Softmax``.

Sources: ``softmax.h`` in ``tensorflow/lite/kernels/internal/reference``; ``GetReciprocal`` in
``common.h`` and ``PreprocessSoftmaxScaling``, ``CalculateInputRadius`` in ``quantization_util.cc``
of ``tensorflow/lite/kernels/internal``; ``exp_on_negative_values`` and
``one_over_one_plus_x_for_x_in_0_1`` in gemmlowp's ``fixedpoint/fixedpoint.h``. ``Qm.n`` is an int32
with ``m`` integer bits and ``n`` fractional ones.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Softmax, Tensor
from zeroleap.sim.reference.requantize import (
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

__all__ = [
    "SUM_BITS",
    "differences",
    "exp_of_negative",
    "exponentials",
    "one_over_one_plus",
    "softmax",
]

DIFFERENCE_BITS = 5
"""Integer bits of a scaled difference, which is Q5.26."""
SUM_BITS = 12
"""Integer bits of a sum of exponentials, which is Q12.19."""
ONE = 2**31 - 1
"""1.0 in Q0.31, as near as it gets."""
EXP_OF_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2**k) in Q0.31 for k from -2 to 4."""


def softmax(
    operator: Softmax, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``256 * exp(beta * x) / sum(exp(beta * x)) - 128`` over the last axis.

    A sum of 512 and more, at which the kernel stops the program, makes every result round to 0.
    """
    table = exponentials(operator.beta, source.scale)
    below = values.max(axis=-1, keepdims=True).astype(np.int32) - values
    exps = table[below]
    sums = rounding_divide_by_pot(exps, SUM_BITS).sum(axis=-1, keepdims=True, dtype=np.int64)
    integer_bits = np.frexp(sums)[1] + SUM_BITS - 32
    raised = sums << np.maximum(SUM_BITS - integer_bits, 0)
    is_small = integer_bits <= 8
    scale = one_over_one_plus(np.where(is_small, raised - 2**31, 0))
    products = saturating_rounding_doubling_high_mul(scale, exps)
    shares = rounding_divide_by_pot(products, np.where(is_small, integer_bits + 23, 31))
    result = np.where(is_small, np.minimum(shares - 128, 127), -128)
    return result.astype(target.dtype)


def exponentials(beta: float, scale: float) -> npt.NDArray[np.int32]:
    """Return ``exp(-beta * scale * i)`` for ``i`` in 0..255 in Q0.31; 0 where the kernel skips it.

    ``beta * scale`` is cut to what fits in Q5.26, and what would be below -31 is skipped.
    """
    scaled, inside, _, _ = differences(beta, scale)
    return np.where(inside, exp_of_negative(scaled), np.int32(0))


def differences(
    beta: float, scale: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_], int, int]:
    """Return ``-beta * scale * i`` for ``i`` in 0..255 in Q5.26, and whether the kernel takes it.

    The other two are the multiplier and the shift that bring differences to Q5.26.
    """
    real = min(beta * scale * 2 ** (31 - DIFFERENCE_BITS), 2**31 - 1.0)
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    radius = (2**DIFFERENCE_BITS - 1) * 2 ** (31 - DIFFERENCE_BITS) >> shift
    steps = -np.arange(256, dtype=np.int64)
    inside = steps >= -radius
    scaled = saturating_rounding_doubling_high_mul(np.where(inside, steps << shift, 0), multiplier)
    return scaled, inside, multiplier, shift


def exp_of_negative(x: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Return ``exp(x)`` in Q0.31 for ``x`` in Q5.26, 0 or less.

    A polynomial around -1/8 for the last quarter, times a constant for each bit above.
    """
    x = np.asarray(x, np.int64)
    quarter = 2 ** (31 - DIFFERENCE_BITS - 2)
    last = (x & (quarter - 1)) - quarter
    result = _exp_of_last_quarter(last << DIFFERENCE_BITS)
    for place, factor in enumerate(EXP_OF_POWERS):
        product = saturating_rounding_doubling_high_mul(result, factor)
        result = np.where((last - x) & (quarter << place), product, result)
    return np.where(x == 0, np.int32(ONE), result)


def _exp_of_last_quarter(a: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return ``exp(a)`` for ``a`` in -1/4..0, both in Q0.31."""
    constant, third = 1895147668, 715827883  # exp(-1/8), 1/3
    high_mul = saturating_rounding_doubling_high_mul
    x = a + 2**28
    x2 = high_mul(x, x)
    x3, x4 = high_mul(x2, x), high_mul(x2, x2)
    rest = high_mul(rounding_divide_by_pot(x4, 2) + x3, third) + x2
    return constant + high_mul(constant, x + rounding_divide_by_pot(rest, 1))


def one_over_one_plus(a: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Return ``1 / (1 + a)`` for ``a`` in 0..1, both in Q0.31; three steps of Newton's method."""
    high_mul = saturating_rounding_doubling_high_mul
    half = (np.asarray(a, np.int64) + ONE + 1) >> 1
    x = 1515870810 + high_mul(half, -1010580540).astype(np.int64)  # 48/17 - 32/17 half, in Q2.29
    for _ in range(3):
        x += 4 * high_mul(x, 2**29 - high_mul(half, x)).astype(np.int64)
    return np.minimum(2 * x, ONE).astype(np.int32)
