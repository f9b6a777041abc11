"""Operators with weights."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir.operator import Operator
from zeroleap.gen.ir.tensor import Padding, Requantization

__all__ = ["Convolution", "DepthwiseConvolution", "FullyConnected", "TransposedConvolution"]


@dataclass(frozen=True, eq=False)
class Convolution(Operator):
    """Two-dimensional convolution, bias, requantisation, clamp.

    Parameters
    ----------
    weights : int8, shape (out_channels, kernel_height, kernel_width, in_channels)
        Zero point 0.
    bias : int32, shape (out_channels,)
        Added to the sum of ``(activation - zero_point) * weight``.
    stride : (int, int)
        Down and across.
    padding : Padding
    requantization : Requantization
    clamp : (int, int)
        Smallest and largest output; this is also where ReLU and ReLU6 are.
    dilation : (int, int)
        Rows and columns of the map from one tap of the kernel to the next.
    groups : int
        The channels of input and output are in so many groups of equal sizes; those of an output
        group see only the input group of the same number, whose channels are the weights'
        ``in_channels``.
    """

    kind: ClassVar[str] = "conv"

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    stride: tuple[int, int]
    padding: Padding
    requantization: Requantization
    clamp: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1


@dataclass(frozen=True, eq=False)
class DepthwiseConvolution(Operator):
    """Two-dimensional convolution of each channel with a kernel of its own, as `Convolution`.

    Parameters
    ----------
    weights : int8, shape (channels, kernel_height, kernel_width)
        Zero point 0; output channel ``i`` has input channel ``i`` for its only input.
    bias : int32, shape (channels,)
    stride : (int, int)
        Down and across.
    padding : Padding
    requantization : Requantization
    clamp : (int, int)
    dilation : (int, int)
    """

    kind: ClassVar[str] = "depthwise"

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    stride: tuple[int, int]
    padding: Padding
    requantization: Requantization
    clamp: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)


@dataclass(frozen=True, eq=False)
class FullyConnected(Operator):
    """Dense layer over the flattened input.

    Parameters
    ----------
    weights : int8, shape (out_channels, in_size)
        Zero point 0; ``in_size`` divides the size of the input, in its own (channels last) order.
    bias : int32, shape (out_channels,)
    requantization : Requantization
    clamp : (int, int)
    """

    kind: ClassVar[str] = "dense"

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    requantization: Requantization
    clamp: tuple[int, int]


@dataclass(frozen=True, eq=False)
class TransposedConvolution(Operator):
    """What a convolution with a stride would take its input from; bias, requantisation, clamp.

    The input at ``i`` and tap ``k`` meet at output ``stride * i + k - before``, if there is one.
    The output's shape is its tensor's.

    Parameters
    ----------
    weights : int8, shape (out_channels, kernel_height, kernel_width, in_channels)
        Zero point 0.
    bias : int32, shape (out_channels,)
    stride : (int, int)
        Rows and columns of the output from one input to the next.
    before : (int, int)
        Rows and columns that are cut off before the output's first.
    requantization : Requantization
    clamp : (int, int)
    groups : int
        The channels of input and output are in so many groups of equal sizes; weights between
        different ones are 0, and no multiplications of the model.
    """

    kind: ClassVar[str] = "transposed conv"

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    stride: tuple[int, int]
    before: tuple[int, int]
    requantization: Requantization
    clamp: tuple[int, int]
    groups: int = 1
