"""Dilated and grouped kernels become plain ones, with zeros."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import convolution, depthwise, graph, same_results

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Convolution, DepthwiseConvolution
from zeroleap.gen.passes import WHOLE, simplify
from zeroleap.gen.passes.kernels import expand_kernels
from zeroleap.sim.reference.macs import macs


def of(layer, in_channels, shape):
    """Return a graph of one layer on a map of 9 x 9."""
    return graph({"x": (1, 9, 9, in_channels), "y": (1, *shape)}, layer)


def test_zeros_come_between_taps():
    layer = replace(convolution("x", "y", (1, 2, 2, 1)), dilation=(2, 3))
    net = of(layer, 1, (7, 6, 1))
    (wide,) = expand_kernels(net)
    (a, b), (c, d) = layer.weights[0, ..., 0].tolist()
    assert wide.weights[0, ..., 0].tolist() == [[a, 0, 0, b], [0] * 4, [c, 0, 0, d]]
    assert wide.dilation == (1, 1)
    same_results(net, simplify(net))


def test_zeros_come_between_taps_of_each_channel():
    net = of(replace(depthwise("x", "y"), dilation=(3, 1)), 2, (6, 8, 2))
    (wide,) = expand_kernels(net)
    assert wide.weights.shape == (2, 4, 2)
    same_results(net, simplify(net))


def test_groups_become_blocks_on_the_diagonal():
    layer = replace(convolution("x", "y", (4, 1, 1, 3)), groups=2)
    net = of(layer, 6, (9, 9, 4))
    (whole,) = expand_kernels(net)
    expected = np.zeros((4, 6), np.int8)
    expected[:2, :3], expected[2:, 3:] = layer.weights[:2, 0, 0], layer.weights[2:, 0, 0]
    assert whole.weights[:, 0, 0].tolist() == expected.tolist()
    assert whole.groups == 1
    same_results(net, simplify(net))


def test_groups_of_one_channel_are_depthwise():
    net = of(replace(convolution("x", "y", (3, 2, 2, 1)), groups=3), 3, (8, 8, 3))
    (layer,) = expand_kernels(net)
    assert isinstance(layer, DepthwiseConvolution)
    same_results(net, simplify(net))


def test_the_models_own_multiplications_are_counted_without_the_zeros():
    net = of(replace(convolution("x", "y", (4, 2, 2, 3)), groups=2, dilation=(2, 2)), 6, (7, 7, 4))
    (layer,) = whole = simplify(net, WHOLE)
    assert isinstance(layer, Convolution)
    assert macs(whole, layer) == 7 * 7 * 4 * 2 * 2 * 3


def test_refuses_more_zeros_than_there_is_room_for():
    layer = replace(convolution("x", "y", (1, 2, 2, 1)), dilation=(9000, 9000))
    net = graph({"x": (1, 9001, 9001, 1), "y": (1, 1, 1, 1)}, layer)
    with pytest.raises(InputError, match=r"layer 'to y' \(CONV_2D\): dilation \(9000, 9000\)"):
        expand_kernels(net)
