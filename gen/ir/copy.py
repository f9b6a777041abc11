"""Operators that move elements and change none."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir.operator import Operator

__all__ = ["Concatenate", "Pad", "Rearrange", "Reshape", "Resize", "Slice", "Transpose"]


@dataclass(frozen=True, eq=False)
class Reshape(Operator):
    """The same elements in the same (channels last) order under another shape."""

    kind: ClassVar[str] = "reshape"


@dataclass(frozen=True, eq=False)
class Transpose(Operator):
    """Axis ``i`` of the output is axis ``permutation[i]`` of the input, as ``numpy.transpose``."""

    kind: ClassVar[str] = "transpose"

    permutation: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pad(Operator):
    """A border of one value around a tensor.

    Parameters
    ----------
    pads : tuple of (int, int)
        Elements before and after, for each axis.
    value : int
        As an element of the tensor, which need not be its zero point.
    """

    kind: ClassVar[str] = "pad"

    pads: tuple[tuple[int, int], ...]
    value: int


@dataclass(frozen=True, eq=False)
class Concatenate(Operator):
    """Its inputs, which differ in length along one axis only, one after the other.

    Parameters
    ----------
    axis : int
        0 or more.
    """

    kind: ClassVar[str] = "concatenate"
    arity: ClassVar[int | None] = None

    axis: int


@dataclass(frozen=True, eq=False)
class Slice(Operator):
    """Element ``i`` along an axis of the output is element ``begin + i * step`` of the input.

    How many there are, the output's shape says.

    Parameters
    ----------
    begin, step : tuple of int
        For each axis; a step may be negative.
    """

    kind: ClassVar[str] = "slice"

    begin: tuple[int, ...]
    step: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Resize(Operator):
    """Rows and columns of a map repeated or left out: ``y[:, i, j] = x[:, rows[i], columns[j]]``.

    Parameters
    ----------
    rows, columns : tuple of int
        As many as the output has; they need not be all different.
    """

    kind: ClassVar[str] = "resize"

    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Rearrange(Operator):
    """The same elements in another order: what reshapes and transposes come to.

    Parameters
    ----------
    order : int64, shape (size,)
        Element ``i`` of the flat output is element ``order[i]`` of the flat input.
    """

    kind: ClassVar[str] = "rearrange"

    order: npt.NDArray[np.int64]
