"""Transposed convolution.

Source: ``TransposeConv`` in ``tensorflow/lite/kernels/internal/reference/integer_ops/
transpose_conv.h``: each input adds its products to the outputs that it reaches.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor, TransposedConvolution
from zeroleap.sim.reference.requantize import requantize

__all__ = ["reached", "transposed_convolve"]

Slices = tuple[slice, slice]


def transposed_convolve(
    operator: TransposedConvolution,
    values: npt.NDArray[Any],
    source: Tensor,
    target: Tensor,
) -> npt.NDArray[Any]:
    """Return the output of ``operator``: products, bias, requantisation, clamp."""
    activations = values.astype(np.float64) - source.zero_point  # sums stay far below 2**53
    sums = np.zeros(target.shape, np.float64)
    for r, s, inputs, outputs in reached(operator, source, target):
        factors = operator.weights[:, r, s].astype(np.float64)
        sums[(slice(None), *outputs)] += activations[(slice(None), *inputs)] @ factors.T
    with_bias = (sums.astype(np.int64) + operator.bias).astype(np.int32)
    result = requantize(with_bias, operator.requantization, target.zero_point, operator.clamp)
    return result.astype(target.dtype)


def reached(
    operator: TransposedConvolution, source: Tensor, target: Tensor
) -> Iterator[tuple[int, int, Slices, Slices]]:
    """Give, for each tap, rows and columns of the inputs with an output, and of these outputs."""
    for r, s in np.ndindex(*operator.weights.shape[1:3]):
        axes = [
            _along(source.shape[1 + axis], target.shape[1 + axis], stride, tap - before)
            for axis, (stride, tap, before) in enumerate(
                zip(operator.stride, (r, s), operator.before, strict=True)
            )
        ]
        (rows, out_rows), (columns, out_columns) = axes
        yield r, s, (rows, columns), (out_rows, out_columns)


def _along(inputs: int, outputs: int, stride: int, offset: int) -> tuple[slice, slice]:
    """Return the inputs ``i`` for which ``stride * i + offset`` is an output, and those outputs."""
    first = max(0, -(offset // stride))
    end = min(inputs, -((offset - outputs) // stride))
    count = max(0, end - first)
    begin = stride * first + offset
    return slice(first, first + count), slice(begin, begin + stride * count, stride)
