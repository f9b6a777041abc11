"""Operators that move elements and change none."""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Concatenate, Pad, Rearrange, Reshape, Resize, Slice, Tensor, Transpose

__all__ = ["concatenate", "pad_border", "rearrange", "reshape", "resize", "slice_", "transpose"]


def reshape(
    operator: Reshape, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``values`` in the shape of ``target``, in the same order."""
    return values.reshape(target.shape)


def rearrange(
    operator: Rearrange, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the elements of ``values`` in the operator's order."""
    return values.reshape(-1)[operator.order].reshape(target.shape)


def transpose(
    operator: Transpose, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``values`` with the axes in the order of the operator's permutation."""
    return values.transpose(operator.permutation)


def pad_border(
    operator: Pad, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``values`` with the operator's value around them."""
    return np.pad(values, operator.pads, constant_values=operator.value)


def concatenate(operator: Concatenate, *arguments: Any) -> npt.NDArray[Any]:
    """Return the values of all inputs, the first ``arguments``, along the operator's axis."""
    return np.concatenate(arguments[: len(operator.inputs)], axis=operator.axis)


def slice_(
    operator: Slice, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the part of ``values`` from the operator's begin, in its steps."""
    places = [
        begin + step * np.arange(length)
        for begin, step, length in zip(operator.begin, operator.step, target.shape, strict=True)
    ]
    return values[np.ix_(*places)]


def resize(
    operator: Resize, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the operator's rows and columns of ``values``."""
    return values[:, operator.rows][:, :, operator.columns]
