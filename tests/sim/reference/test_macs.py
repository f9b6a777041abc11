"""Multiplications counted one by one."""

import numpy as np
import pytest
from tflite_models import pool, random_layer

from zeroleap.sim.reference.macs import effectual_macs, macs


def count_by_hand(values, weights, zero_point, stride, padding):
    """Count all products, and those of two factors that are not 0, a tap at a time."""
    k, r, s, c = weights.shape
    height = (values.shape[1] + padding.top + padding.bottom - r) // stride[0] + 1
    width = (values.shape[2] + padding.left + padding.right - s) // stride[1] + 1
    effectual = 0
    for y, x, i, j in np.ndindex(height, width, r, s):
        row, column = y * stride[0] + i - padding.top, x * stride[1] + j - padding.left
        if 0 <= row < values.shape[1] and 0 <= column < values.shape[2]:
            live = values[0, row, column] != zero_point
            effectual += np.count_nonzero(weights[:, i, j] * live[None])
    return height * width * k * r * s * c, effectual


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("seed", range(10))
def test_convolution_is_counted_one_by_one(read, padding, seed):
    rng = np.random.default_rng(seed)
    h, w, c, k = rng.integers([4, 4, 1, 1], [9, 9, 5, 5])
    r, s = rng.integers(1, 5, 2)
    stride = tuple(map(int, rng.integers(1, 4, 2)))
    layer = random_layer(rng, (k, r, s, c), (1, h, w, c), padding=padding, stride=stride)
    values = rng.integers(-128, 128, layer.shape, np.int8)
    values[rng.random(layer.shape) < 0.5] = layer.input_zero_point
    graph = read(layer.convolution())
    (operator,) = graph
    assert (macs(graph, operator), effectual_macs(graph, operator, values)) == count_by_hand(
        values, layer.weights, layer.input_zero_point, stride, operator.padding
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("seed", range(6))
def test_depthwise_is_a_convolution_of_each_channel(read, padding, seed):
    rng = np.random.default_rng(seed)
    h, w, c = map(int, rng.integers([4, 4, 2], [9, 9, 6]))
    r, s = map(int, rng.integers(1, 5, 2))
    stride = tuple(map(int, rng.integers(1, 4, 2)))
    layer = random_layer(rng, (c, r, s), (1, h, w, c), padding=padding, stride=stride)
    values = rng.integers(-128, 128, layer.shape, np.int8)
    values[rng.random(layer.shape) < 0.5] = layer.input_zero_point
    graph = read(layer.depthwise())
    (operator,) = graph
    each = [
        count_by_hand(
            values[..., [i]],
            layer.weights[[i], :, :, None],
            layer.input_zero_point,
            stride,
            operator.padding,
        )
        for i in range(c)
    ]
    counted = macs(graph, operator), effectual_macs(graph, operator, values)
    assert counted == tuple(map(sum, zip(*each, strict=True)))
    assert counted[0] == graph.tensors[operator.output].size * r * s


def test_dense_is_counted_by_hand(read):
    weights = np.array([[1, 0, 2], [0, 0, 3]], np.int8)
    layer = random_layer(
        np.random.default_rng(0), weights.shape, (1, 3), weights=weights, input_zero_point=5
    )
    graph = read(layer.dense())
    (operator,) = graph
    assert macs(graph, operator) == 6
    # 1, 0 and 2 weights are not 0 for the first, second and third activation.
    for values, expected in (([1, 5, 2], 3), ([5, 1, 5], 0), ([0, 5, 5], 1), ([5, 5, 5], 0)):
        assert effectual_macs(graph, operator, np.array([values], np.int8)) == expected


def test_pool_multiplies_nothing(read):
    graph = read(pool("MAX_POOL_2D", (1, 4, 4, 1), (2, 2), (2, 2)))
    (operator,) = graph
    assert macs(graph, operator) == 0
    assert effectual_macs(graph, operator, np.zeros((1, 4, 4, 1), np.int8)) == 0


@pytest.mark.parametrize("size", [(7, 9), (4, 6), (12, 13)])
@pytest.mark.parametrize("seed", range(4))
def test_transposed_convolution_is_counted_one_by_one(read, seed, size):
    """All of each input's products, and of those that matter the ones with an output."""
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, (3, 3, 4, 2), (1, 4, 3, 2), stride=(2, 3), padding="VALID")
    values = rng.integers(-128, 128, layer.shape, np.int8)
    values[rng.random(layer.shape) < 0.5] = layer.input_zero_point
    graph = read(layer.transposed(*size))
    (operator,) = graph
    effectual = 0
    for i, j, r, s in np.ndindex(4, 3, 3, 4):
        if 2 * i + r < size[0] and 3 * j + s < size[1]:
            live = values[0, i, j] != layer.input_zero_point
            effectual += np.count_nonzero(layer.weights[:, r, s] * live[None])
    assert macs(graph, operator) == 4 * 3 * 2 * 3 * 3 * 4
    assert effectual_macs(graph, operator, values) == effectual
