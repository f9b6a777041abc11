"""Two-dimensional convolution on int8, as ``reference_integer_ops::ConvPerChannel``.

Source: ``tensorflow/lite/kernels/internal/reference/integer_ops/conv.h``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Padding, Tensor
from zeroleap.sim.reference.depthwise import accumulate_channels
from zeroleap.sim.reference.requantize import requantize
from zeroleap.sim.reference.windows import pad, taps

__all__ = ["accumulate", "convolve", "exact_float"]

NO_PADDING = Padding()


def exact_float(weights: npt.NDArray[np.int8]) -> np.dtype[np.floating[Any]]:
    """Return the smallest float in which dot products with rows of ``weights`` are exact.

    Activations less their zero point are at most 255 in magnitude, so every partial sum, in
    whatever order BLAS takes, is an integer of at most ``255 * sum(abs(row))``. float32 holds them
    all below 2**24. float64 does below 2**53, which no row that fits in a memory reaches.
    """
    rows = np.abs(weights.astype(np.int32)).reshape(len(weights), -1).sum(axis=1, dtype=np.int64)
    return np.dtype(np.float32 if 255 * rows.max(initial=0) < 2**24 else np.float64)


def accumulate(
    values: npt.NDArray[np.int8],
    weights: npt.NDArray[np.int8],
    bias: npt.NDArray[np.int32],
    zero_point: int,
    stride: tuple[int, int] = (1, 1),
    padding: Padding = NO_PADDING,
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> npt.NDArray[np.int32]:
    """Return ``bias + sum((value - zero_point) * weight)``, which wraps at 32 bits.

    Parameters
    ----------
    values : int8, shape (batch, height, width, in_channels)
    weights : int8, shape (out_channels, kernel_height, kernel_width, in_channels)
    bias : int32, shape (out_channels,)
    zero_point : int
        Of the input; also what lies in the padding.
    dilation : (int, int)
    groups : int
        Of channels; ``in_channels`` is those of one.

    Returns
    -------
    int32, shape (batch, out_height, out_width, out_channels)
    """
    dtype = exact_float(weights)
    activations = pad(values.astype(dtype) - dtype.type(zero_point), padding, 0)
    out_channels, *window, in_channels = weights.shape
    grouped = weights.reshape(groups, out_channels // groups, *window, in_channels)
    factors = np.ascontiguousarray(grouped.transpose(2, 3, 0, 4, 1), dtype)
    products = None
    for r, s, tap in taps(activations, weights.shape[1:3], stride, dilation):
        rows = tap.reshape(-1, groups, in_channels).transpose(1, 0, 2)
        product = rows @ factors[r, s]
        products = product if products is None else np.add(products, product, out=products)
        shape = tap.shape[:3]
    sums = np.asarray(products).transpose(1, 0, 2).reshape(*shape, out_channels)
    return (sums.astype(np.int64) + bias).astype(np.int32)


def convolve(
    operator: Convolution | DepthwiseConvolution,
    values: npt.NDArray[Any],
    source: Tensor,
    target: Tensor,
) -> npt.NDArray[Any]:
    """Return the output of ``operator``: convolution, bias, requantisation, clamp."""
    arguments = (values, operator.weights, operator.bias, source.zero_point)
    window = (operator.stride, operator.padding, operator.dilation)
    if isinstance(operator, Convolution):
        sums = accumulate(*arguments, *window, operator.groups)
    else:
        sums = accumulate_channels(*arguments, *window)
    result = requantize(sums, operator.requantization, target.zero_point, operator.clamp)
    return result.astype(target.dtype)
