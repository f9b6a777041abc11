"""What an ONNX name can stand for while the model is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor

__all__ = [
    "Constant",
    "Function",
    "Kernel",
    "Mean",
    "Pending",
    "QuantizedConstant",
    "RawInput",
    "Real",
    "Stored",
    "Target",
    "Value",
]


@dataclass(frozen=True, eq=False)
class Constant:
    """An initializer or the output of a Constant node."""

    array: npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class QuantizedConstant:
    """A dequantised constant: ``(integers - zero_points) * scales``, along ``axis`` if not None."""

    integers: npt.NDArray[Any]
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    axis: int | None


@dataclass(frozen=True)
class RawInput:
    """An integer input of the model, before a DequantizeLinear says what it means."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Stored:
    """A value that the graph holds in ``tensor``, as ``transpose(base, order)``.

    ``base`` is a shape in the file's layout, ``order`` how its axes are stored, ``shape`` the
    value's own shape now: the elements of ``base`` in the file's order under another shape. So a
    reshape or transpose of the file costs nothing until something needs its layout.
    """

    tensor: str
    base: tuple[int, ...]
    order: tuple[int, ...]
    shape: tuple[int, ...]
    unsigned: bool = False


@dataclass(frozen=True)
class Real:
    """A dequantised `Stored`, limited to ``low..high``."""

    stored: Stored
    low: float = -np.inf
    high: float = np.inf


Kernel: TypeAlias = Callable[[Tensor, Tensor], npt.NDArray[np.int8] | None]
"""Table of an input's and output's tensor, None or ValueError if it is not for their scales."""


@dataclass(frozen=True)
class Function:
    """A real function, element by element, of a dequantised `Stored`, limited to ``low..high``.

    ``kernel`` computes the same in integers, as TensorFlow Lite does.
    """

    stored: Stored
    of: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
    kernel: Kernel | None = None
    low: float = -np.inf
    high: float = np.inf


@dataclass(frozen=True)
class Target:
    """How a result is to be quantised: the file's name, scale, zero point (of int8) and clamp."""

    name: str
    scale: float
    zero_point: int
    clamp: tuple[int, int]
    unsigned: bool


@dataclass(frozen=True)
class Mean:
    """The mean of a map over ``axes`` of it; ``places`` are those of its axes that the result has.

    Averaged ones among them have length 1.
    """

    stored: Stored
    axes: frozenset[int]
    places: tuple[int, ...]


@dataclass(frozen=True)
class Pending:
    """A real result that becomes an operator once its QuantizeLinear is known.

    ``finish`` adds the operator; ``biased``, where it is not None, returns the same with a bias.
    ``mean``, where it is not None, is what a ReduceMean behind it goes on with.
    """

    finish: Callable[[Target], Stored]
    low: float = -np.inf
    high: float = np.inf
    biased: Callable[[Constant | QuantizedConstant], Pending] | None = None
    mean: Mean | None = None

    def alone(self) -> Pending:
        """Return the same when something else was done to it: nothing more is made one with it."""
        return replace(self, biased=None, mean=None)


Value: TypeAlias = Constant | QuantizedConstant | RawInput | Stored | Real | Function | Pending
