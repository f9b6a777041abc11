"""Transposed convolution by hand and against the oracle."""

import numpy as np
import pytest
from on_rtl import ENGINES, equal_on_rtl
from tflite_models import random_layer

from zeroleap.gen.passes import legalise
from zeroleap.sim.reference.network import run

SHAPES = [  # kernel, stride, padding
    ((2, 2), (2, 2), "SAME"),
    ((3, 3), (2, 2), "SAME"),
    ((3, 3), (2, 2), "VALID"),
    ((4, 4), (2, 2), "SAME"),
    ((5, 2), (1, 3), "SAME"),
    ((1, 3), (2, 1), "VALID"),
    ((1, 1), (3, 2), "SAME"),
    ((3, 3), (1, 1), "SAME"),
    ((3, 2), (1, 1), "VALID"),
    ((7, 4), (4, 4), "SAME"),
]


def size_of(layer, rng):
    """Return a size of the output for which a convolution back gives the input's."""
    kernel = layer.weights.shape[1:3]
    fewest = [
        (length - 1) * stride for length, stride in zip(layer.shape[1:3], layer.stride, strict=True)
    ]
    least = kernel if layer.padding == "VALID" else (1, 1)
    return tuple(
        int(few + few_more + rng.integers(stride))
        for few, few_more, stride in zip(fewest, least, layer.stride, strict=True)
    )


@pytest.mark.parametrize(("kernel", "stride", "padding"), SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_is_the_oracles(equal_to_oracle, kernel, stride, padding, seed):
    rng = np.random.default_rng(seed)
    channels, depth = (int(each) for each in rng.integers(1, 10, 2))
    shape = (1, *(int(each) for each in rng.integers(1, 7, 2)), depth)
    layer = random_layer(
        rng,
        (channels, *kernel, depth),
        shape,
        per_channel=bool(seed % 2),
        stride=stride,
        padding=padding,
        has_bias=seed != 3,
    )
    values = rng.integers(-128, 128, shape).astype(np.int8)
    equal_to_oracle(layer.transposed(*size_of(layer, rng)), values)


@pytest.mark.parametrize("size", [(1, 1), (3, 20), (20, 3), (9, 9)])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_any_size_is_the_oracles(equal_to_oracle, size, padding):
    """Of what lies outside nothing is written; where nothing is written there is the bias."""
    rng = np.random.default_rng(5)
    layer = random_layer(rng, (3, 3, 4, 2), (1, 4, 5, 2), stride=(2, 3), padding=padding)
    values = rng.integers(-128, 128, layer.shape).astype(np.int8)
    equal_to_oracle(layer.transposed(*size), values)


def test_adds_up_by_hand(read):
    """Two inputs, 1 and 2 above zero, two apart, and taps of 1, 10 and 100: each writes three."""
    layer = random_layer(
        np.random.default_rng(0),
        (1, 1, 3, 1),
        (1, 1, 2, 1),
        weights=np.array([1, 10, 100], np.int8).reshape(1, 1, 3, 1),
        bias=np.array([-100], np.int32),
        scales=np.array([1.0], np.float32),
        stride=(1, 2),
        padding="VALID",
        activation="NONE",
        input_scale=1.0,
        input_zero_point=5,
        output_scale=2.0,
        output_zero_point=0,
    )
    graph = read(layer.transposed(1, 5))
    received = run(graph, {"input": np.array([6, 7], np.int8).reshape(1, 1, 2, 1)})
    # 1 10 100 + 2 * (0 0 1 10 100), less 100 and halved, ties up
    assert received["output"].reshape(-1).tolist() == [-49, -45, 1, -40, 50]


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_do_the_same(read, engine):
    """Three channels, so that pixels are no whole words."""
    rng = np.random.default_rng(2)
    layer = random_layer(rng, (3, 3, 4, 5), (1, 4, 5, 5), stride=(2, 3))
    graph = legalise(read(layer.transposed(7, 14)))
    inputs = {"input": rng.integers(-128, 128, layer.shape).astype(np.int8)}
    image = equal_on_rtl(graph, inputs, engine)
    assert [each.op for each in image.layers] == ["TRANSPOSE_CONV"] * 6
    assert [bool(each.computed) for each in image.layers] == [False] * 5 + [True]
