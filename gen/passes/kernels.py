"""Makes every convolution one of a single group, without dilation, by zeros in its weights."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Graph, Operator
from zeroleap.gen.passes.rewriting import rebuild

__all__ = ["expand_kernels"]

MOST_WEIGHTS = 2**26


def expand_kernels(graph: Graph) -> Graph:
    """Put zeros between the taps of dilated kernels, and between the groups of input channels.

    Groups of one input and one output channel become a DepthwiseConvolution.

    Raises
    ------
    InputError
        The weights would be more than `MOST_WEIGHTS`.
    """
    return rebuild(graph, (_expanded(graph, operator) for operator in graph))


def _expanded(graph: Graph, operator: Operator) -> Operator:
    if not isinstance(operator, Convolution | DepthwiseConvolution):
        return operator
    groups = operator.groups if isinstance(operator, Convolution) else 1
    if operator.dilation == (1, 1) and groups == 1:
        return operator
    shape = [len(operator.weights)]
    for taps, step in zip(operator.weights.shape[1:3], operator.dilation, strict=True):
        shape.append((taps - 1) * step + 1)
    channels = graph.tensors[operator.input].shape[-1]
    if math.prod(shape) * channels > MOST_WEIGHTS:
        raise InputError(
            f"{graph.name}: layer {operator.name!r} ({operator.source}): dilation"
            f" {operator.dilation} and {channels} channels make more than {MOST_WEIGHTS} weights"
            f" of a kernel of {shape[1]}x{shape[2]}; fewer are accepted"
        )
    weights = np.zeros((*shape, *operator.weights.shape[3:]), np.int8)
    weights[:, :: operator.dilation[0], :: operator.dilation[1]] = operator.weights
    if isinstance(operator, DepthwiseConvolution):
        return replace(operator, weights=weights, dilation=(1, 1))
    if groups == channels == len(weights):
        return DepthwiseConvolution(
            name=operator.name,
            source=operator.source,
            inputs=operator.inputs,
            output=operator.output,
            weights=weights[..., 0],
            bias=operator.bias,
            stride=operator.stride,
            padding=operator.padding,
            requantization=operator.requantization,
            clamp=operator.clamp,
        )
    weights = _diagonal(weights, groups)
    return replace(operator, weights=weights, dilation=(1, 1), groups=1)


def _diagonal(weights: npt.NDArray[np.int8], groups: int) -> npt.NDArray[np.int8]:
    """Return ``weights`` of groups as those of all input channels."""
    if groups == 1:
        return weights
    out_channels, height, width, in_channels = weights.shape
    whole = np.zeros((out_channels, height, width, groups * in_channels), np.int8)
    for group in range(groups):
        rows = slice(group * out_channels // groups, (group + 1) * out_channels // groups)
        whole[rows, ..., group * in_channels : (group + 1) * in_channels] = weights[rows]
    return whole
