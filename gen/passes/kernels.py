"""Makes every convolution one of a single group, without dilation, by zeros in its weights."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.geometry import reach
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Graph, Operator
from zeroleap.gen.passes.rewriting import rebuild

__all__ = ["expand_kernels", "of_one_group"]

MOST_WEIGHTS = 2**26
"""Of all layers together, zeros included."""


def expand_kernels(graph: Graph) -> Graph:
    """Put zeros between the taps of dilated kernels, and between the groups of input channels.

    Groups of one input and one output channel become a DepthwiseConvolution.

    Raises
    ------
    InputError
        The weights of all these layers would be more than `MOST_WEIGHTS`.
    """
    total = 0
    operators: list[Operator] = []
    for operator in graph:
        if isinstance(operator, Convolution | DepthwiseConvolution) and _needs_zeros(operator):
            channels = graph.tensors[operator.input].shape[-1]
            kernel = reach(operator.weights.shape[1:3], operator.dilation)
            total += len(operator.weights) * math.prod(kernel) * channels
            if total > MOST_WEIGHTS:
                raise InputError(
                    f"{graph.name}: layer {operator.name!r} ({operator.source}): dilation"
                    f" {operator.dilation} and groups of channels make more than {MOST_WEIGHTS}"
                    f" weights with a kernel of {kernel[0]}x{kernel[1]}; fewer are accepted"
                )
            operator = _expanded(operator, kernel, channels)
        operators.append(operator)
    return rebuild(graph, operators)


def _needs_zeros(operator: Convolution | DepthwiseConvolution) -> bool:
    groups = operator.groups if isinstance(operator, Convolution) else 1
    return operator.dilation != (1, 1) or groups > 1


def _expanded(
    operator: Convolution | DepthwiseConvolution, kernel: tuple[int, int], channels: int
) -> Operator:
    shape = (len(operator.weights), *kernel, *operator.weights.shape[3:])
    weights = np.zeros(shape, np.int8)
    weights[:, :: operator.dilation[0], :: operator.dilation[1]] = operator.weights
    if isinstance(operator, DepthwiseConvolution):
        return replace(operator, weights=weights, dilation=(1, 1))
    if 1 < operator.groups == channels == len(weights):
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
    weights = of_one_group(weights, operator.groups)
    return replace(operator, weights=weights, dilation=(1, 1), groups=1)


def of_one_group(weights: npt.NDArray[np.int8], groups: int) -> npt.NDArray[np.int8]:
    """Return weights of groups as those of all input channels, with zeros between groups.

    Parameters
    ----------
    weights : int8, shape (out_channels, kernel_height, kernel_width, in_channels of a group)
    groups : int
    """
    if groups == 1:
        return weights
    out_channels, height, width, in_channels = weights.shape
    whole = np.zeros((out_channels, height, width, groups * in_channels), np.int8)
    for group in range(groups):
        rows = slice(group * out_channels // groups, (group + 1) * out_channels // groups)
        whole[rows, ..., group * in_channels : (group + 1) * in_channels] = weights[rows]
    return whole
