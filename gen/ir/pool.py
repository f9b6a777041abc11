"""Operators on the windows of each channel."""

from dataclasses import dataclass
from typing import ClassVar

from zeroleap.gen.ir.operator import Operator
from zeroleap.gen.ir.tensor import Padding, Requantization

__all__ = ["AveragePool", "MaxPool", "Pool"]


@dataclass(frozen=True, eq=False)
class Pool(Operator):
    """A window slid over each channel; padding takes no part.

    Scale and zero point stay, but for an AveragePool with its own requantisation.

    Parameters
    ----------
    window, stride : (int, int)
        Down and across.
    padding : Padding
    clamp : (int, int)
    """

    window: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding
    clamp: tuple[int, int]


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """Largest value in the window."""

    kind: ClassVar[str] = "max_pool"


@dataclass(frozen=True, eq=False)
class AveragePool(Pool):
    """Mean of the values in the window that are not padding, halves rounded away from zero.

    With ``requantization`` (one channel; padding must be 0) the scale or zero point changes on the
    way: ``requantization`` of the sum of ``(activation - zero_point)`` over the window, plus the
    output's zero point, clamped. Its real scale includes the division by the window's size.
    """

    kind: ClassVar[str] = "average_pool"

    requantization: Requantization | None = None
