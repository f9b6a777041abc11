"""Functions that are constant far from 0, by way of an input in fixed point."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor
from zeroleap.gen.requantize import requantize
from zeroleap.gen.tables.fixed_point import input_radius
from zeroleap.gen.tables.tabulate import tabulate

__all__ = ["saturating"]

INT32 = (-(2**31), 2**31 - 1)


def saturating(
    source: Tensor, integer_bits: int, function: Callable[[int], int]
) -> npt.NDArray[np.int8]:
    """Return ``function`` of ``x`` with ``integer_bits``, and -128 or 127 where ``x`` has more.

    Raises
    ------
    ValueError
        The scale of ``source`` is too small for a shift to the left.
    """
    mantissa, shift = math.frexp(float(source.scale) * (1 << (31 - integer_bits)))
    if shift < 0:
        raise ValueError(
            f"input's scale must be 2**{integer_bits - 32} or more, not {source.scale!r}"
        )
    multiplier = round(mantissa * 2**31)
    radius = input_radius(integer_bits, shift)

    def entry(x: int) -> int:
        steps = x - source.zero_point
        if abs(steps) >= radius:
            return -128 if steps <= -radius else 127
        return function(requantize(steps, multiplier, shift, 0, INT32))

    return tabulate(entry)
