"""Operators that move elements and change none."""

from typing import Any

import numpy.typing as npt

from zeroleap.gen.ir import Reshape, Tensor, Transpose

__all__ = ["reshape", "transpose"]


def reshape(
    operator: Reshape, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``values`` in the shape of ``target``, in the same order."""
    return values.reshape(target.shape)


def transpose(
    operator: Transpose, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``values`` with the axes in the order of the operator's permutation."""
    return values.transpose(operator.permutation)
