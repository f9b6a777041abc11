"""What each input channel of a layer with weights adds to each of its sums, where that is constant.

A channel is constant if it has one value at every pixel, whatever the network's inputs are: an
output channel without weights is, and so is all that follows from constant channels alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    MaxPool,
    Tensor,
)
from zeroleap.gen.requantize import requantize

__all__ = ["Shares", "shares_of"]

Layer = Convolution | DepthwiseConvolution

Constants = Mapping[int, int]
"""The value of each constant channel of a tensor."""


@dataclass(frozen=True, eq=False)
class Shares:
    """What a layer's sums get from its input channels.

    Parameters
    ----------
    constant : bool, shape (out_channels, in_channels)
        Whether the share is the same at every pixel. A DepthwiseConvolution has one column, for
        the input channel of the same number.
    amounts : int64, shape (out_channels, in_channels)
        The share where it is constant: ``(value - zero_point) * sum of weights``.
    """

    constant: npt.NDArray[np.bool_]
    amounts: npt.NDArray[np.int64]


def shares_of(graph: Graph) -> dict[str, Shares]:
    """Return the shares of every Convolution and DepthwiseConvolution, by its output's name.

    A share without weights is 0. Another is constant if its input channel is, and if besides either
    the channel's value is the zero point, so that the map equals its padding, or the weights that
    lie on the map have the same sum wherever the window stands. Without padding they always have;
    with padding they have where windows at the border lose weights that add up to 0.

    An output channel of constant shares only is constant; through a pool, padding or not, a
    constant stays one.
    """
    shares: dict[str, Shares] = {}
    constants: dict[str, Constants] = {}
    for operator in graph:
        source, target = graph.tensors[operator.input], graph.tensors[operator.output]
        known = constants.get(source.name, {})
        if isinstance(operator, Layer):
            shares[target.name] = _shares(operator, source, target, known)
            constants[target.name] = _constants(operator, shares[target.name], target)
        elif isinstance(operator, MaxPool | AveragePool):
            constants[target.name] = {
                channel: _pooled(operator, value, source, target)
                for channel, value in known.items()
            }
    return shares


def _shares(operator: Layer, source: Tensor, target: Tensor, known: Constants) -> Shares:
    weights = operator.weights.astype(np.int64)
    channels = np.arange(source.shape[-1])[None]
    if isinstance(operator, DepthwiseConvolution):
        weights, channels = weights[..., None], channels.T
    is_known = np.isin(channels, list(known))
    offsets = np.zeros(channels.shape, np.int64)
    offsets[is_known] = [known[channel] - source.zero_point for channel in channels[is_known]]
    constant = is_known | ~weights.any(axis=(1, 2))
    if not offsets.any():
        return Shares(constant, np.zeros_like(constant, np.int64))
    rows, columns = (_taps(operator, source, target, axis) for axis in (0, 1))
    sums = np.einsum("yr,krsc,xs->kcyx", rows, weights, columns, optimize=True)
    first = sums[:, :, :1, :1]
    is_even = (sums == first).all(axis=(2, 3))
    return Shares(constant & (is_even | (offsets == 0)), first[:, :, 0, 0] * offsets)


def _taps(operator: Layer, source: Tensor, target: Tensor, axis: int) -> npt.NDArray[np.int64]:
    """Return, for each way to stand on the map along ``axis``, which taps lie on it: 0 or 1."""
    before = (operator.padding.top, operator.padding.left)[axis]
    taps = np.arange(operator.weights.shape[1 + axis])
    starts = np.arange(target.shape[1 + axis]) * operator.stride[axis] - before
    places = starts[:, None] + taps
    return np.unique((places >= 0) & (places < source.shape[1 + axis]), axis=0).astype(np.int64)


def _constants(operator: Layer, shares: Shares, target: Tensor) -> Constants:
    totals = operator.bias + shares.amounts.sum(axis=1)
    multiplier, shift = operator.requantization.multiplier, operator.requantization.shift
    return {
        channel: requantize(
            int(totals[channel]),
            int(multiplier[channel]),
            int(shift[channel]),
            target.zero_point,
            operator.clamp,
        )
        for channel in map(int, np.flatnonzero(shares.constant.all(axis=1)))
    }


def _pooled(operator: MaxPool | AveragePool, value: int, source: Tensor, target: Tensor) -> int:
    """Return what a pool makes of a constant: maximum and mean are the value itself."""
    if isinstance(operator, AveragePool) and operator.requantization is not None:
        total = operator.window[0] * operator.window[1] * (value - source.zero_point)
        multiplier, shift = operator.requantization.multiplier, operator.requantization.shift
        return requantize(
            total, int(multiplier[0]), int(shift[0]), target.zero_point, operator.clamp
        )
    return min(max(value, operator.clamp[0]), operator.clamp[1])
