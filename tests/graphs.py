"""Graphs written by hand, for the passes and the verifier."""

import numpy as np

from zeroleap.gen.ir import (
    Add,
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    Graph,
    MaxPool,
    Padding,
    Requantization,
    Reshape,
    Softmax,
    Tensor,
    TransposedConvolution,
)
from zeroleap.sim.reference import network

SEED = 11


def factors(channels):
    return Requantization(np.full(channels, 2**30, np.int32), np.full(channels, -6, np.int32))


def convolution(source, target, shape=(3, 2, 2, 2)):
    weights = np.random.default_rng(SEED).integers(-128, 128, shape).astype(np.int8)
    return Convolution(
        name=f"to {target}",
        source="CONV_2D",
        inputs=(source,),
        output=target,
        weights=weights,
        bias=np.arange(shape[0], dtype=np.int32),
        stride=(1, 1),
        padding=Padding(),
        requantization=factors(shape[0]),
        clamp=(-128, 127),
    )


def dense(source, target, shape):
    layer = convolution(source, target, (*shape, 1, 1))
    return FullyConnected(
        f"to {target}",
        "FULLY_CONNECTED",
        (source,),
        target,
        layer.weights.reshape(shape),
        layer.bias,
        layer.requantization,
        layer.clamp,
    )


def depthwise(source, target, shape=(2, 2, 2)):
    layer = convolution(source, target, (*shape, 1))
    fields = {
        name: value for name, value in vars(layer).items() if name not in ("weights", "groups")
    }
    return DepthwiseConvolution(**fields | {"weights": layer.weights[..., 0]})


def transposed(source, target, shape=(2, 3, 3, 2), stride=(2, 2), before=(0, 0)):
    layer = convolution(source, target, shape)
    fields = {
        name: value
        for name, value in vars(layer).items()
        if name not in ("stride", "padding", "dilation", "groups")
    }
    return TransposedConvolution(**fields, stride=stride, before=before)


def softmax(source, target):
    return Softmax(f"to {target}", "SOFTMAX", (source,), target, beta=1.0)


def scores(name, shape):
    return Tensor(name, shape, scale=1 / 256, zero_point=-128)


def pool(source, target, kind=MaxPool, **more):
    return kind(
        f"to {target}", "POOL", (source,), target, (2, 2), (2, 2), Padding(), (-128, 127), **more
    )


def add(first, second, target, **more):
    fields = dict.fromkeys(("first", "second", "requantization"), factors(1)) | more
    return Add(f"to {target}", "ADD", (first, second), target, (-128, 127), **fields)


def reshape(source, target):
    return Reshape(f"to {target}", "RESHAPE", (source,), target)


def graph(shapes, *operators, inputs=("x",), outputs=("y",)):
    tensors = {
        name: value if isinstance(value, Tensor) else Tensor(name, value, scale=0.5, zero_point=-2)
        for name, value in shapes.items()
    }
    return Graph("net", tensors, tuple(inputs), tuple(outputs), tuple(operators))


def same_results(first, second):
    random = np.random.default_rng(SEED)
    given = {
        name: random.integers(-128, 128, first.tensors[name].shape).astype(np.int8)
        for name in first.inputs
    }
    results = [network.run(form, given) for form in (first, second)]
    for name in first.outputs:
        assert np.array_equal(results[0][name], results[1][name])
        assert np.ptp(results[0][name].astype(int)) > 10
