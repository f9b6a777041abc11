"""Kernels as the engine has them: with a weight for every tap and every input channel."""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Convolution, DepthwiseConvolution

__all__ = ["whole_kernels", "window_of"]


def window_of(operator: Convolution | DepthwiseConvolution) -> tuple[int, int]:
    """Return rows and columns of the map that a kernel spans, those between its taps included."""
    _, down, across = operator.weights.shape[:3]
    return (down - 1) * operator.dilation[0] + 1, (across - 1) * operator.dilation[1] + 1


def whole_kernels(operator: Convolution | DepthwiseConvolution) -> npt.NDArray[np.int8]:
    """Return the weights with zeros between dilated taps, and for channels of other groups.

    Returns
    -------
    int8, shape (out_channels, window_height, window_width[, in_channels])
    """
    weights = operator.weights
    spread = np.zeros((len(weights), *window_of(operator), *weights.shape[3:]), np.int8)
    spread[:, :: operator.dilation[0], :: operator.dilation[1]] = weights
    groups = operator.groups if isinstance(operator, Convolution) else 1
    if groups == 1:
        return spread
    size, depth = len(weights) // groups, weights.shape[3]
    whole = np.zeros((*spread.shape[:3], groups * depth), np.int8)
    for group in range(groups):
        out, into = (slice(group * each, (group + 1) * each) for each in (size, depth))
        whole[out, ..., into] = spread[out]
    return whole
