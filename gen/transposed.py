"""A transposed convolution, as a convolution for each phase of its stride.

Input ``i`` and tap ``k`` meet at output ``stride * i + k - before``. So the outputs ``stride * q +
phase`` meet every ``stride``-th tap only, and these, the last one first, are the kernel of a
convolution of stride 1. Its outputs lie that far apart; no product with a zero between inputs is
ever made.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor, TransposedConvolution

__all__ = ["Phase", "kernel_of", "phases"]


@dataclass(frozen=True)
class Phase:
    """Every ``stride``-th output along an axis, from ``first`` on.

    Parameters
    ----------
    first, count : int
        Outputs.
    taps : tuple of int
        Of the kernel, in the order of the inputs that they meet; -1 is one of weight 0.
    before, after : int
        Padding of the input.
    """

    first: int
    count: int
    taps: tuple[int, ...]
    before: int
    after: int


def phases(
    operator: TransposedConvolution, source: Tensor, target: Tensor
) -> Iterator[tuple[Phase, Phase]]:
    """Give the phases that have outputs, down and across."""
    axes = [
        [_phase(operator, source, target, axis, first) for first in range(min(stride, outputs))]
        for axis, (stride, outputs) in enumerate(
            zip(operator.stride, target.shape[1:3], strict=True)
        )
    ]
    yield from product(*axes)


def kernel_of(operator: TransposedConvolution, down: Phase, across: Phase) -> npt.NDArray[np.int8]:
    """Return the weights of a phase: shape (out_channels, len(taps), len(taps), in_channels)."""
    with_zero = np.pad(operator.weights, [(0, 0), (0, 1), (0, 1), (0, 0)])
    return np.ascontiguousarray(with_zero[:, down.taps][:, :, across.taps])


def _phase(
    operator: TransposedConvolution, source: Tensor, target: Tensor, axis: int, first: int
) -> Phase:
    """Find a phase's taps: ``tap + stride * j`` and output ``q`` of it meet input ``q + most - j``.

    Where needed there are taps of weight 0, so that the first output's begin at input 0 or before,
    the last one's end at the last input or behind, and none meet padding only.
    """
    stride, kernel = operator.stride[axis], operator.weights.shape[1 + axis]
    length = source.shape[1 + axis]
    count = -(-(target.shape[1 + axis] - first) // stride)
    most, tap = divmod(first + operator.before[axis], stride)
    taps = list(range(tap, kernel, stride))[::-1] or [-1]
    last = max(most, length - count)
    after = count + last - length
    taps = [-1] * (most - len(taps) + 1) + taps + [-1] * (last - most)
    taps = [-1] * (after - len(taps) + 1) + taps
    return Phase(first, count, tuple(taps), len(taps) - 1 - last, after)
