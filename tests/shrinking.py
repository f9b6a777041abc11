"""Graphs with constant channels, and what must hold when channels go."""

from dataclasses import replace

import numpy as np
from graphs import SEED, convolution, graph

from zeroleap.gen.ir import Padding, Requantization
from zeroleap.gen.passes import verify
from zeroleap.gen.passes.constant_channels import drop_constant_channels
from zeroleap.sim.reference import network

AROUND = Padding(1, 1, 1, 1)
ONE = Requantization(np.array([2**30], np.int32), np.array([1], np.int32))
"""A scale of 1."""


def unit(channels):
    return Requantization(*(np.repeat(values, channels) for values in vars(ONE).values()))


def dead(layer, channels, bias=40, **more):
    """``layer`` with no weights for ``channels``: with a scale of 1 they are ``bias - 2``."""
    weights, biases = layer.weights.copy(), layer.bias.copy()
    multiplier, shift = (values.copy() for values in vars(layer.requantization).values())
    weights[channels], biases[channels] = 0, bias
    multiplier[channels], shift[channels] = ONE.multiplier[0], ONE.shift[0]
    scales = Requantization(multiplier, shift)
    return replace(layer, weights=weights, bias=biases, requantization=scales, **more)


def channels(net):
    return {name: tensor.shape[-1] for name, tensor in net.tensors.items()}


def given(net):
    random = np.random.default_rng(SEED)
    return {
        name: random.integers(-128, 128, net.tensors[name].shape).astype(np.int8)
        for name in net.inputs
    }


def shrunk(net, inputs=None):
    """Drop channels, and hold every value that stays equal to what it was."""
    small = verify(drop_constant_channels(verify(net)))
    inputs = inputs or given(net)
    before, after = (network.run(form, inputs) for form in (net, small))
    assert (small.inputs, small.outputs) == (net.inputs, net.outputs)
    assert [op.output for op in small] == [op.output for op in net]
    for name in net.tensors:
        if name in net.outputs:
            np.testing.assert_array_equal(after[name], before[name])
        ours, theirs = (np.moveaxis(form[name], -1, 0) for form in (after, before))
        rest = iter(theirs)
        assert all(any(np.array_equal(one, other) for other in rest) for one in ours), name
    return small


def stays(net):
    assert shrunk(net).operators == net.operators


def two_layers(kernel=(1, 1), height=4, width=4, *, bias=40, **reader):
    """A convolution whose channel 1 of 3 is dead, and one with 5 channels that reads it."""
    second = replace(convolution("a", "y", (5, *kernel, 3)), **reader)
    padding = second.padding
    out_height = (height + padding.top + padding.bottom - kernel[0]) // second.stride[0] + 1
    out_width = (width + padding.left + padding.right - kernel[1]) // second.stride[1] + 1
    return graph(
        {
            "x": (1, height, width, 2),
            "a": (1, height, width, 3),
            "y": (1, out_height, out_width, 5),
        },
        dead(convolution("x", "a", (3, 1, 1, 2)), [1], bias),
        second,
    )


def with_taps(layer, channel, taps):
    """``layer`` whose weights for one input channel are ``taps``, in all filters."""
    weights = layer.weights.copy()
    weights[..., channel] = taps
    return replace(layer, weights=weights)


def chain(middle, shape, last_shape, outputs=("y",), bias=40):
    """Convolution, ``middle`` from a to b, convolution; channels 0 and 2 of 4 are dead."""
    return graph(
        {"x": (1, 6, 6, 2), "a": (1, 6, 6, 4), "b": (*shape, 4), "y": last_shape},
        dead(convolution("x", "a", (4, 1, 1, 2)), [0, 2], [bias, -60]),
        middle,
        convolution("b", "y", (last_shape[-1], 2, 2, 4)),
        outputs=outputs,
    )
