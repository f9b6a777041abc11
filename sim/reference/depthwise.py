"""Depthwise convolution on int8, as ``reference_integer_ops::DepthwiseConvPerChannel``.

Source: ``tensorflow/lite/kernels/internal/reference/integer_ops/depthwise_conv.h``, with a depth
multiplier of 1.
"""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Padding
from zeroleap.sim.reference.windows import pad, taps

__all__ = ["accumulate_channels"]

NO_PADDING = Padding()


def accumulate_channels(
    values: npt.NDArray[np.int8],
    weights: npt.NDArray[np.int8],
    bias: npt.NDArray[np.int32],
    zero_point: int,
    stride: tuple[int, int] = (1, 1),
    padding: Padding = NO_PADDING,
    dilation: tuple[int, int] = (1, 1),
) -> npt.NDArray[np.int32]:
    """Return ``bias + sum((value - zero_point) * weight)`` of each channel; it wraps at 32 bits.

    Parameters
    ----------
    values : int8, shape (batch, height, width, channels)
    weights : int8, shape (channels, kernel_height, kernel_width)
    bias : int32, shape (channels,)
    zero_point : int
        Of the input; also what lies in the padding.

    Returns
    -------
    int32, shape (batch, out_height, out_width, channels)
    """
    activations = pad(values.astype(np.int32) - np.int32(zero_point), padding, 0)
    factors = np.ascontiguousarray(weights.transpose(1, 2, 0), np.int32)
    products = (
        tap * factors[r, s] for r, s, tap in taps(activations, weights.shape[1:], stride, dilation)
    )
    sums = next(products) + bias
    for product in products:
        sums += product
    return sums
