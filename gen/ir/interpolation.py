"""Operators whose outputs lie between inputs."""

from dataclasses import dataclass
from typing import ClassVar

from zeroleap.gen.ir.operator import Operator

__all__ = ["Interpolate"]


@dataclass(frozen=True, eq=False)
class Interpolate(Operator):
    """A map of another size, linear between neighbouring rows and columns.

    Each output is the sum of four inputs, by how near it lies to each, with halves away from zero;
    scale and zero point stay.

    Parameters
    ----------
    rows, columns : tuple of int, 0 or more
        Where each output row and column lies between the input's, in 1/`UNIT`.
    """

    UNIT: ClassVar[int] = 1024
    kind: ClassVar[str] = "interpolate"

    rows: tuple[int, ...]
    columns: tuple[int, ...]
