"""Random networks, with branches and dead filters, before and after channels are dropped."""

import numpy as np
import pytest
from random_layers import CLAMPS, CONVOLUTIONS, ZERO_POINTS, Chooser
from shrinking import shrunk

from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    MaxPool,
    Padding,
    Tensor,
)

KINDS = (Convolution, Convolution, DepthwiseConvolution, MaxPool, AveragePool)


def thinned(chooser, weights):
    """``weights`` with none for some filters, for some input channels and at some taps."""
    weights[chooser.random.random(len(weights)) < chooser.one(0, 0.3, 0.6)] = 0
    weights[..., chooser.random.random(weights.shape[-1]) < chooser.one(0, 0, 0.4)] = 0
    if chooser.chance(0.2):
        weights[:, 0] = 0
    return weights


def layer(chooser, source, name):
    """An operator that reads ``source``, and its output's tensor."""
    height, width, in_channels = source.shape[1:]
    kind = chooser.one(*KINDS)
    kernel, stride, padding, padded = chooser.window(height, width, may_miss_the_map=False)
    if (
        max(padding.top, padding.bottom) >= kernel[0]
        or max(padding.left, padding.right) >= kernel[1]
    ):
        padding, padded, kernel = Padding(), (height, width), (1, 1)
    names = (kind.kind, kind.kind, (source.name,), name)
    out_channels, zero_point, clamp = in_channels, source.zero_point, chooser.one(*CLAMPS)
    if kind in CONVOLUTIONS:
        zero_point = chooser.one(*ZERO_POINTS)
        shape = (in_channels, *kernel)
        if kind is Convolution:
            out_channels = 1 + chooser.upto(6)
            shape = (out_channels, *kernel, in_channels)
        weights = chooser.values(shape, 0, 0.8)
        weights = thinned(chooser, weights) if kind is Convolution else weights
        weights[chooser.random.random(len(weights)) < 0.2] = 0
        magnitude = int(60 * 60 * np.sqrt(weights[0].size))
        bias = chooser.bias(out_channels, magnitude)
        bias[chooser.random.random(out_channels) < 0.3] = 0
        scales = chooser.requantization(out_channels, magnitude)
        operator = kind(*names, weights, bias, stride, padding, scales, clamp)
    elif kind is AveragePool and padding == Padding() and chooser.chance(0.5):
        zero_point = chooser.one(*ZERO_POINTS)
        operator = kind(*names, kernel, stride, padding, clamp, chooser.requantization(1, 200))
    else:
        operator = kind(*names, kernel, stride, padding, clamp)
    size = [
        (room - span) // step + 1 for room, span, step in zip(padded, kernel, stride, strict=True)
    ]
    scale = source.scale if kind not in CONVOLUTIONS else 1.0
    return operator, Tensor(name, (1, *size, out_channels), scale=scale, zero_point=zero_point)


def tree(seed):
    """A graph of 8 layers, each of which reads one of the last two tensors or any; its input."""
    chooser = Chooser(np.random.default_rng(seed))
    tensors = [Tensor("x", (1, 7, 8, 3), zero_point=chooser.one(*ZERO_POINTS))]
    operators = []
    for index in range(8):
        source = chooser.one(tensors[-1], tensors[-1], *tensors[-2:], chooser.one(*tensors))
        operator, tensor = layer(chooser, source, f"t{index}")
        operators.append(operator)
        tensors.append(tensor)
    read = {operator.input for operator in operators}
    outputs = [
        tensor.name for tensor in tensors[1:] if tensor.name not in read or chooser.chance(0.1)
    ]
    named = {tensor.name: tensor for tensor in tensors}
    net = Graph(f"tree {seed}", named, ("x",), tuple(outputs), tuple(operators))
    return net, {"x": chooser.values(tensors[0].shape, tensors[0].zero_point, 0.7)}


@pytest.mark.parametrize("first", range(0, 400, 40))
def test_every_value_that_stays_is_what_it_was(first):
    dropped = changed = 0
    for seed in range(first, first + 40):
        net, inputs = tree(seed)
        small = shrunk(net, inputs)
        pairs = list(zip(net, small, strict=True))
        dropped += sum(
            net.tensors[name].shape[-1] - small.tensors[name].shape[-1] for name in net.tensors
        )
        changed += sum(
            not np.array_equal(np.sort(ours.bias), np.sort(theirs.bias))
            for ours, theirs in pairs
            if isinstance(ours, Convolution) and len(ours.bias) == len(theirs.bias)
        )
    assert dropped > 40
    assert changed > 5
