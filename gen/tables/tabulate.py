"""A function of a number as a table."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["tabulate"]


def tabulate(function: Callable[[int], int]) -> npt.NDArray[np.int8]:
    """Return ``function(x)``, saturated to int8, for ``x`` in -128..127."""
    return np.array([min(max(function(x), -128), 127) for x in range(-128, 128)], np.int8)
