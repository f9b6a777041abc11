"""Drops channels that nobody needs to compute: constant ones, and those that meet no weights."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    MaxPool,
    Operator,
    Requantization,
    Tensor,
)
from zeroleap.gen.passes.rewriting import rebuild
from zeroleap.gen.passes.shares import Shares, shares_of

__all__ = ["drop_constant_channels"]

CHANNELWISE = (DepthwiseConvolution, MaxPool, AveragePool)
"""Output channel ``i`` has input channel ``i`` for its only input: both go or both stay."""

Mask = npt.NDArray[np.bool_]


def drop_constant_channels(graph: Graph) -> Graph:
    """Drop channels of which every reader knows the share at compile time; biases take it up.

    A channel goes from the Convolution that writes it, from the depthwise convolutions and pools
    behind that, and from the Convolutions that read any of those. It goes if, in all of these last,
    its share in every sum that stays is the same at every pixel (`zeroleap.gen.passes.shares`: a
    share may be 0 for want of weights, and padding is heeded); that share is added to the bias,
    which wraps at 32 bits as the sum does. So every value that stays is what it was, to the bit.

    A channel stays if one of its tensors is an input or output of the graph or is read or written
    by the host, and the first stays where none else does. No operator or tensor is dropped, and
    none gets another name.
    """
    groups = _groups(graph)
    shares = shares_of(graph)
    kept = _kept(graph, groups, shares)
    kept = {name: kept[group] for name, group in groups.items() if group in kept}
    kept = {name: mask for name, mask in kept.items() if not mask.all()}
    return rebuild(
        graph,
        (_rewritten(operator, kept, shares) for operator in graph),
        (_narrowed(graph.tensors[name], mask) for name, mask in kept.items()),
    )


def _groups(graph: Graph) -> dict[str, str]:
    """Return, for each tensor, the one whose channels it shares; that one begins its group."""
    groups = {name: name for name in (*graph.inputs, *graph.constants)}
    for operator in graph:
        begins = not isinstance(operator, CHANNELWISE)
        groups[operator.output] = operator.output if begins else groups[operator.input]
    return groups


def _kept(graph: Graph, groups: Mapping[str, str], shares: Mapping[str, Shares]) -> dict[str, Mask]:
    """Return the channels that stay in each group that a Convolution begins, last group first.

    A group is read by Convolutions of later groups only, so what they keep is known.
    """
    kept: dict[str, Mask] = {}
    for writer in reversed(graph.operators):
        if not isinstance(writer, Convolution):
            continue
        needed = np.zeros(len(writer.weights), np.bool_)
        for name in (name for name, group in groups.items() if group == writer.output):
            needed |= name in graph.outputs
            for reader in graph.consumers(name):
                if isinstance(reader, Convolution):
                    needed |= ~shares[reader.output].constant[kept[reader.output]].all(axis=0)
                else:
                    needed |= not isinstance(reader, CHANNELWISE)
        if not needed.any():
            needed[0] = True
        kept[writer.output] = needed
    return kept


def _rewritten(
    operator: Operator, kept: Mapping[str, Mask], shares: Mapping[str, Shares]
) -> Operator:
    if not isinstance(operator, Convolution | DepthwiseConvolution):
        return operator
    if operator.input not in kept and operator.output not in kept:
        return operator
    out = kept.get(operator.output, np.ones(len(operator.weights), np.bool_))
    weights, bias = operator.weights[out], operator.bias[out]
    if isinstance(operator, Convolution) and operator.input in kept:
        stays = kept[operator.input]
        dropped = shares[operator.output].amounts[out][:, ~stays]
        weights = weights[..., stays]
        bias = (bias + dropped.sum(axis=1)).astype(np.int32)
    factors = operator.requantization
    requantization = Requantization(factors.multiplier[out], factors.shift[out])
    return replace(operator, weights=weights, bias=bias, requantization=requantization)


def _narrowed(tensor: Tensor, kept: Mask) -> Tensor:
    return replace(tensor, shape=(*tensor.shape[:-1], int(kept.sum())))
