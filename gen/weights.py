"""Lays out weights, biases and scales as the lanes and the requantiser read them."""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Requantization
from zeroleap.hw.isa import Parameter, encode

__all__ = [
    "convolution_parameters",
    "mean_parameter",
    "pack_depthwise_weights",
    "pack_parameter",
    "pack_weights",
    "unit_parameter",
]

PARAMETER_WORDS = 3

Words = list[int]


def pack_weights(weights: npt.NDArray[np.int8], lanes: int) -> npt.NDArray[np.int8]:
    """Deal output channels to lanes, in turn.

    Parameters
    ----------
    weights : int8, shape (out_channels, kernel_height, kernel_width, in_channels)
    lanes : int

    Returns
    -------
    int8, shape (rows, lanes)
        A row is what the lanes read together. Row ``((slot * kernel_height + r) * kernel_width + s)
        * in_channels + c`` has the weights of channels ``slot * lanes + lane``; 0 where there is no
        such channel.
    """
    out_channels = weights.shape[0]
    slots = -(-out_channels // lanes)
    padded = np.zeros((slots * lanes, *weights.shape[1:]), np.int8)
    padded[:out_channels] = weights
    by_slot = padded.reshape(slots, lanes, -1)
    return np.ascontiguousarray(by_slot.transpose(0, 2, 1).reshape(-1, lanes))


def pack_depthwise_weights(weights: npt.NDArray[np.int8], lanes: int) -> npt.NDArray[np.int8]:
    """Deal channels to lanes, in turn.

    Parameters
    ----------
    weights : int8, shape (channels, kernel_height, kernel_width)
    lanes : int

    Returns
    -------
    int8, shape (rows, lanes)
        Row ``(r * kernel_width + s) * slots + slot`` has the weights of channels ``slot * lanes +
        lane``; 0 where there is no such channel.
    """
    slots = -(-len(weights) // lanes)
    padded = np.zeros((slots * lanes, *weights.shape[1:]), np.int8)
    padded[: len(weights)] = weights
    by_slot = padded.reshape(slots, lanes, -1)
    return np.ascontiguousarray(by_slot.transpose(2, 0, 1).reshape(-1, lanes))


def pack_parameter(bias: int, multiplier: int, shift: int, headroom: int = 0) -> Words:
    """Encode one entry of the parameter SRAM.

    ``shift`` is to the left if positive. ``headroom`` shifts further to the left before the
    multiplication, and back after it: the bits between carry a rounding that is exact.
    """
    left, right = (shift, 0) if shift > 0 else (0, -shift)
    fields = {
        "bias": bias,
        "multiplier": multiplier,
        "left_shift": left + headroom,
        "right_shift": right + headroom,
    }
    return encode(Parameter, fields, PARAMETER_WORDS)


def convolution_parameters(operator: Convolution | DepthwiseConvolution) -> list[Words]:
    """Encode bias and scale of each output channel."""
    scales = operator.requantization
    return [
        pack_parameter(int(bias), int(multiplier), int(shift))
        for bias, multiplier, shift in zip(
            operator.bias, scales.multiplier, scales.shift, strict=True
        )
    ]


def unit_parameter(scale: Requantization | None = None) -> Words:
    """Encode a scale without bias; without ``scale``, the sum itself."""
    if scale is None:
        return pack_parameter(0, 1 << 30, 1)
    return pack_parameter(0, int(scale.multiplier[0]), int(scale.shift[0]))


def mean_parameter(count: int, zero_point: int) -> Words:
    """Encode the mean of ``count`` values that were summed less their zero point.

    The mean is that of TensorFlow Lite's integer ``AVERAGE_POOL_2D``: ``sum / count``, halves away
    from zero. The sum is scaled to nearly 31 bits first. Then the first rounding of the requantiser
    is off by less than one, exact where the quotient is half an integer, and too fine to move any
    other quotient over a half; the second rounding is the one wanted.
    """
    exponent = count.bit_length() - 1
    multiplier = ((1 << 32 + exponent) // count + 1) >> 1
    if multiplier == 1 << 31:  # a power of two
        multiplier, exponent = 1 << 30, exponent - 1
    headroom = 31 - (128 * count).bit_length()
    return pack_parameter(zero_point * count, multiplier, -exponent, headroom)
