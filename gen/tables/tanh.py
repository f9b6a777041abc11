"""The hyperbolic tangent.

Sources: ``reference_integer_ops::Tanh`` in
``tensorflow/lite/kernels/internal/reference/integer_ops/tanh.h``; ``CalculateArithmeticOpData`` in
``tensorflow/lite/micro/kernels/tanh.cc``; ``tanh`` in gemmlowp's ``fixedpoint/fixedpoint.h``.
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

__all__ = ["tanh"]

INTEGER_BITS = 4


def tanh(source: Tensor) -> npt.NDArray[np.int8]:
    """Return ``tanh(x)`` with scale 1/128 and zero point 0.

    Raises
    ------
    ValueError
        The scale of ``source`` is too small.
    """
    return saturating(source, INTEGER_BITS, lambda x: divide_by_power(_tanh(x), 24))


def _tanh(x: int) -> int:
    """Return the function in Q0.31 of ``x`` in Q4.27: ``(1 - e) / (1 + e)``, ``e = exp(-2x)``."""
    if x == 0:
        return 0
    ratio = newton_reciprocal(exp_of_negative(-abs(x), INTEGER_BITS + 1)) - 2**29
    positive = min(4 * ratio, ONE)
    return positive if x > 0 else -positive
