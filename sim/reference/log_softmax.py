"""Logarithm of the softmax on int8 in fixed point, as ``reference_ops::LogSoftmax``.

Sources: ``log_softmax.h`` in ``tensorflow/lite/kernels/internal/reference``;
``log_x_for_x_greater_than_or_equal_to_1`` in ``common.h`` and ``PreprocessLogSoftmaxScalingExp`` in
``quantization_util.cc`` of ``tensorflow/lite/kernels/internal``. ``Qm.n`` is an int32 with ``m``
integer bits and ``n`` fractional ones.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import LogSoftmax, Tensor
from zeroleap.sim.reference.requantize import (
    multiply_by_quantized_multiplier,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)
from zeroleap.sim.reference.softmax import SUM_BITS, differences, exponentials, one_over_one_plus

__all__ = ["log_of_sum", "log_softmax"]

INT32 = np.iinfo(np.int32)
LOG_2, SQRT_HALF, FOURTH_ROOT_HALF = 1488522236, 1518500250, 1805811301
"""ln 2, 2**-0.5 and 2**-0.25 in Q0.31."""
ALPHA_N, ALPHA_D, ALPHA_I, ALPHA_F = 117049297, 127690142, 1057819769, 638450708
"""11/240, 1/20, 2**0.75 / 2**0.5 - 1 and 1/4 times 2**0.25, in Q0.31."""
QUARTER = 2**23
"""0.25 in Q6.25."""


def log_softmax(
    operator: LogSoftmax, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``16 * log(exp(x) / sum(exp(x))) + 127`` over the last axis, saturated."""
    scaled, inside, multiplier, shift = differences(1.0, source.scale)
    exps = rounding_divide_by_pot(exponentials(1.0, source.scale), SUM_BITS)
    below = values.max(axis=-1, keepdims=True).astype(np.int32) - values
    sums = exps[below].sum(axis=-1, keepdims=True, dtype=np.int64)
    logs = np.array([log_of_sum(int(total)) for total in sums.flat], np.int64).reshape(sums.shape)

    mantissa, exponent = math.frexp((1 << (31 - shift)) / multiplier)
    back = math.floor(mantissa * 2**31 + 0.5), exponent
    reach = multiply_by_quantized_multiplier(logs + INT32.min, *back)
    least = np.maximum(reach, -int(np.count_nonzero(inside)))
    taken = -below > least
    steps = rounding_divide_by_pot(np.where(taken, scaled[below] - logs, 0), 22) + 127
    return np.where(taken, np.clip(steps, -128, 127), -128).astype(target.dtype)


def log_of_sum(total: int) -> int:
    """Return the natural logarithm in Q5.26 of ``total``, 1 or more, in Q12.19.

    ``total`` is a power of two times ``r`` near ``2**-0.25``, of which the logarithm is a ratio of
    polynomials.
    """
    headroom = 31 - total.bit_length()
    r_a = _raised(_product(_raised(total, headroom), SQRT_HALF), 1)
    power_a = _raised(SUM_BITS - headroom - 1, 25) + QUARTER
    headroom_b = 31 - _product(total, SQRT_HALF).bit_length()
    r_b = _raised(total, headroom_b)
    power_b = _raised(SUM_BITS - headroom_b, 25) - QUARTER
    r, power = min(r_a, r_b), max(power_a, power_b)

    p = (r + FOURTH_ROOT_HALF + 1) >> 1
    q = 2 * (r - FOURTH_ROOT_HALF)
    square = _product(q, q)
    numerator = _product(q, r) + _product(_product(q, square), ALPHA_N)
    denominator = _product(p, ALPHA_I + q + _product(ALPHA_D, square)) + _product(ALPHA_F, q)
    ratio = _product(int(rounding_divide_by_pot(numerator, 6)), int(one_over_one_plus(denominator)))
    return _raised(_product(power, LOG_2) + ratio, 1)


def _product(a: int, b: int) -> int:
    return int(saturating_rounding_doubling_high_mul(a, b))


def _raised(x: int, exponent: int) -> int:
    """Return ``x * 2**exponent``, saturated."""
    return min(max(x << exponent, int(INT32.min)), int(INT32.max))
