"""How many multiplications an operator asks for, and how many of them matter."""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import (
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    Graph,
    Operator,
    Padding,
    TransposedConvolution,
)
from zeroleap.sim.reference.transposed import reached
from zeroleap.sim.reference.windows import pad, taps

__all__ = ["effectual_macs", "macs"]


def macs(graph: Graph, operator: Operator) -> int:
    """Return the multiplications of ``operator`` with padding and zeros included.

    ``batch * out_height * out_width * out_channels * kernel_height * kernel_width * in_channels``,
    where each channel of a DepthwiseConvolution has one input channel and one of a Convolution in
    groups those of its group; ``batch * height * width * out_channels * kernel_height *
    kernel_width * in_channels`` of the input's size for a TransposedConvolution, within its groups;
    0 for an operator without weights.
    """
    if isinstance(operator, TransposedConvolution):
        inputs = graph.tensors[operator.input].size
        return inputs * operator.weights.size // operator.weights.shape[3] // operator.groups
    if isinstance(operator, Convolution | DepthwiseConvolution | FullyConnected):
        outputs = graph.tensors[operator.output].size
        return outputs * operator.weights.size // len(operator.weights)
    return 0


def effectual_macs(graph: Graph, operator: Operator, values: npt.NDArray[Any]) -> int:
    """Return the multiplications of ``operator`` in which neither factor stands for 0.

    The activation is in the map, not in its padding, and is not the zero point; the weight is not
    0. Nor is what a TransposedConvolution cuts off counted.

    Parameters
    ----------
    values : int8
        The operator's input.
    """
    if isinstance(operator, TransposedConvolution):
        return _effectual_transposed(graph, operator, values)
    stride, padding, dilation = (1, 1), Padding(), (1, 1)
    if isinstance(operator, FullyConnected):
        weights = operator.weights[:, None, None, :]
        values = values.reshape(-1, 1, 1, weights.shape[-1])
    elif isinstance(operator, Convolution | DepthwiseConvolution):
        weights, stride, padding = operator.weights, operator.stride, operator.padding
        dilation = operator.dilation
    else:
        return 0
    if isinstance(operator, DepthwiseConvolution):
        weights_at = (weights != 0).transpose(1, 2, 0).astype(np.int64)
    else:
        groups = operator.groups if isinstance(operator, Convolution) else 1
        in_groups = weights.reshape(groups, -1, *weights.shape[1:])
        counts = np.count_nonzero(in_groups, axis=1)
        weights_at = counts.transpose(1, 2, 0, 3).reshape(*weights.shape[1:3], -1)
    nonzero = pad(values != graph.tensors[operator.input].zero_point, padding, 0)
    return sum(
        int(np.count_nonzero(tap, axis=(0, 1, 2)) @ weights_at[r, s])
        for r, s, tap in taps(nonzero, weights.shape[1:3], stride, dilation)
    )


def _effectual_transposed(
    graph: Graph, operator: TransposedConvolution, values: npt.NDArray[Any]
) -> int:
    source, target = graph.tensors[operator.input], graph.tensors[operator.output]
    nonzero = values != source.zero_point
    weights_at = np.count_nonzero(operator.weights, axis=0)
    return sum(
        int(np.count_nonzero(nonzero[:, rows, columns], axis=(0, 1, 2)) @ weights_at[r, s])
        for r, s, (rows, columns), _ in reached(operator, source, target)
    )
