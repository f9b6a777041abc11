"""The logistic function.

Sources: ``reference_integer_ops::Logistic`` in
``tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h``;
``CalculateArithmeticOpDataLogistic`` in ``tensorflow/lite/micro/kernels/logistic_common.cc``;
``logistic`` in gemmlowp's ``fixedpoint/fixedpoint.h``.
"""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor
from zeroleap.gen.tables.fixed_point import (
    ONE,
    divide_by_power,
    exp_of_negative,
    newton_reciprocal,
)
from zeroleap.gen.tables.saturating import saturating

__all__ = ["logistic"]

INTEGER_BITS = 4


def logistic(source: Tensor) -> npt.NDArray[np.int8]:
    """Return ``1 / (1 + exp(-x))`` with scale 1/256 and zero point -128.

    Raises
    ------
    ValueError
        The scale of ``source`` is too small.
    """
    return saturating(source, INTEGER_BITS, lambda x: divide_by_power(_logistic(x), 23) - 128)


def _logistic(x: int) -> int:
    """Return the function in Q0.31 of ``x`` in Q4.27."""
    if x == 0:
        return 1 << 30
    positive = min(2 * newton_reciprocal(exp_of_negative(-abs(x), INTEGER_BITS)), ONE)
    return positive if x > 0 else ONE - positive
