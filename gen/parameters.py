"""Encodes bias and scale of each output channel, and where its sum is, for the way back."""

from collections.abc import Sequence

from zeroleap.gen.dealing import Dealing
from zeroleap.gen.ir import (
    Convolution,
    DepthwiseConvolution,
    Requantization,
    TransposedConvolution,
)
from zeroleap.hw.isa import PARAMETER_WORDS, Parameter, Route, encode

__all__ = [
    "add_routes",
    "convolution_parameters",
    "mean_parameter",
    "pack_parameter",
    "pack_steps",
    "unit_parameter",
    "weighted_mean_parameter",
]

Words = list[int]


def pack_steps(bias: int, multiplier: int, left: int, right: int) -> Words:
    """Encode one entry of the parameter SRAM, both shifts as the requantiser does them."""
    fields = {"bias": bias, "multiplier": multiplier, "left_shift": left, "right_shift": right}
    return encode(Parameter, fields, PARAMETER_WORDS)


def pack_parameter(bias: int, multiplier: int, shift: int, headroom: int = 0) -> Words:
    """Encode one entry of the parameter SRAM.

    ``shift`` is to the left if positive. ``headroom`` shifts further to the left before the
    multiplication, and back after it: the bits between carry a rounding that is exact.
    """
    left, right = (shift, 0) if shift > 0 else (0, -shift)
    return pack_steps(bias, multiplier, left + headroom, right + headroom)


def add_routes(parameters: Sequence[Words], dealing: Dealing) -> list[Words]:
    """Put lane and slot of each channel into the last word of its parameter."""
    return [
        [*words[:-1], *encode(Route, {"lane": lane, "slot": slot}, 1)]
        for words, (lane, slot) in zip(parameters, dealing.tolist(), strict=True)
    ]


def convolution_parameters(
    operator: Convolution | DepthwiseConvolution | TransposedConvolution,
) -> list[Words]:
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


def weighted_mean_parameter(total: int, zero_point: int) -> Words:
    """Encode the mean of values that were summed less their zero point, by weights of a ``total``.

    That is a power of two. Halves are rounded away from zero: the first rounding is of whole
    numbers.
    """
    return pack_parameter(zero_point * total, 1 << 30, 2 - total.bit_length(), headroom=1)


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
