"""Operators on each element, of one tensor or of two."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir.operator import Operator
from zeroleap.gen.ir.tensor import Requantization

__all__ = ["Add", "Elementwise", "Maximum", "Minimum", "Multiply", "Subtract", "Sum", "Table"]


@dataclass(frozen=True, eq=False)
class Elementwise(Operator):
    """Element by element of two int8 tensors, clamped.

    The shapes are broadcast as NumPy does it: aligned at their last axes, where a length of 1, or
    an axis that is not there, repeats.

    Parameters
    ----------
    clamp : (int, int)
        Smallest and largest output.
    """

    kind: ClassVar[str] = "elementwise"
    arity: ClassVar[int | None] = 2

    clamp: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Sum(Elementwise):
    """Both operands brought to one scale, added or subtracted, and brought to the output's.

    ``requantization(first((a - zero_point_a) << LEFT_SHIFT) +- second((b - zero_point_b) <<
    LEFT_SHIFT)) + zero_point``, each of the three rounded twice.

    Parameters
    ----------
    first, second, requantization : Requantization
        One channel each; shifts are 0 or less, so that nothing overflows.
    """

    LEFT_SHIFT: ClassVar[int] = 20

    first: Requantization
    second: Requantization
    requantization: Requantization


@dataclass(frozen=True, eq=False)
class Add(Sum):
    """First operand plus second."""

    kind: ClassVar[str] = "add"


@dataclass(frozen=True, eq=False)
class Subtract(Sum):
    """First operand minus second."""

    kind: ClassVar[str] = "subtract"


@dataclass(frozen=True, eq=False)
class Multiply(Elementwise):
    """``requantization((a - zero_point_a) * (b - zero_point_b)) + zero_point``.

    Parameters
    ----------
    requantization : Requantization
        One channel.
    """

    kind: ClassVar[str] = "multiply"

    requantization: Requantization


@dataclass(frozen=True, eq=False)
class Maximum(Elementwise):
    """The larger operand; scale and zero point of all three are equal."""

    kind: ClassVar[str] = "maximum"


@dataclass(frozen=True, eq=False)
class Minimum(Elementwise):
    """The smaller operand; scale and zero point of all three are equal."""

    kind: ClassVar[str] = "minimum"


@dataclass(frozen=True, eq=False)
class Table(Operator):
    """Any function of one int8 tensor, element by element: ``values[x + 128]``.

    Parameters
    ----------
    values : int8, shape (256,)
    """

    kind: ClassVar[str] = "table"

    values: npt.NDArray[np.int8]
