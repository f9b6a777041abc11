"""The verifier: what a legal graph is, rule by rule."""

import re
from dataclasses import replace

import numpy as np
import pytest
from graphs import (
    add,
    convolution,
    dense,
    depthwise,
    factors,
    graph,
    pool,
    reshape,
    scores,
    softmax,
    transposed,
)

from zeroleap.gen.ir import (
    ArgMax,
    AveragePool,
    Concatenate,
    Dequantize,
    Interpolate,
    LogSoftmax,
    Maximum,
    Multiply,
    Pad,
    Padding,
    Quantize,
    Requantization,
    Resize,
    Slice,
    Table,
    Tensor,
    Transpose,
)
from zeroleap.gen.passes import verify

SOUND = graph(
    {"x": (1, 4, 4, 2), "c": (1, 3, 3, 3), "y": (1, 1, 1, 3)},
    convolution("x", "c"),
    pool("c", "y"),
)


def test_verify_returns_a_sound_graph():
    assert verify(SOUND) is SOUND


def with_tensor(key, **fields):
    return replace(SOUND, tensors={**SOUND.tensors, key: replace(SOUND.tensors[key], **fields)})


def with_layer(index, **fields):
    operators = list(SOUND.operators)
    operators[index] = replace(operators[index], **fields)
    return replace(SOUND, operators=tuple(operators))


WEIGHTS = SOUND.operators[0].weights


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (replace(SOUND, operators=SOUND.operators[::-1]), "must come after what writes"),
        (replace(SOUND, operators=SOUND.operators[:1]), "graph outputs must be written"),
        (replace(SOUND, operators=(SOUND.operators[0], *SOUND.operators)), "a new tensor"),
        (replace(SOUND, outputs=("y", "y")), "named once"),
        (replace(SOUND, inputs=()), "must come after"),
        (with_tensor("x", name="z"), "key must be its name"),
        (with_tensor("x", dtype="int16"), "type must be int8"),
        (with_tensor("x", dtype="uint8", zero_point=0), "'x' must be int8"),
        (with_tensor("x", scale=0.0), "scale must be positive"),
        (with_tensor("x", scale=float("inf")), "scale must be positive"),
        (with_tensor("x", zero_point=128), "zero point must be in -128..127"),
        (with_tensor("x", shape=(1, 0, 4, 2)), "dimensions must be 1 or more"),
        (with_tensor("x", shape=(1, 4, 4, 3)), "must have 2 channels"),
        (with_tensor("c", shape=(1, 3, 4, 3)), "shape (1, 3, 3, 3), not (1, 3, 4, 3)"),
        (with_tensor("y", zero_point=0), "output must keep int8"),
        (with_tensor("y", scale=0.25), "output must keep int8"),
        (with_layer(0, inputs=("q",)), "tensors of the graph"),
        (with_layer(0, inputs=("x", "x")), "must have one input"),
        (with_layer(0, weights=WEIGHTS.astype(np.int16)), "weights must be int8"),
        (with_layer(0, weights=WEIGHTS[0]), "weights must have 4 dimensions"),
        (with_layer(0, bias=np.zeros(2, np.int32)), "bias must be int32 of shape (3,)"),
        (with_layer(0, bias=np.zeros(3, np.int64)), "bias must be int32"),
        (with_layer(0, requantization=factors(2)), "must have 3 rows"),
        (
            with_layer(0, requantization=replace(factors(3), multiplier=np.ones(3, np.int32))),
            "multipliers must be 0 or 2**30",
        ),
        (
            with_layer(0, requantization=replace(factors(3), shift=np.full(3, 31, np.int32))),
            "shifts must be in -31..30",
        ),
        (with_layer(0, clamp=(5, 4)), "clamp must be ordered"),
        (with_layer(0, clamp=(-129, 4)), "clamp must be ordered"),
        (with_layer(0, padding=Padding(top=2)), "padding must be less than the window"),
        (with_layer(0, padding=Padding(left=-1)), "padding must be 0 or more"),
        (with_layer(0, stride=(1, 0)), "stride must be 1 or more"),
        (with_layer(1, window=(0, 2)), "window must be 1 or more"),
        (with_layer(1, window=(2, 4)), "shape (1, 1, 0, 3), not (1, 1, 1, 3)"),
    ],
)
def test_verify_names_the_broken_rule(broken, rule):
    with pytest.raises(ValueError, match="must") as error:
        verify(broken)
    assert rule in str(error.value)


@pytest.mark.parametrize(
    ("net", "rule"),
    [
        (graph({"x": (1, 6), "y": (1, 5)}, reshape("x", "y")), "must have 6 elements"),
        (
            graph({"x": (1, 6), "y": (6, 1)}, Transpose("t", "T", ("x",), "y", (0, 1))),
            "must have shape (1, 6)",
        ),
        (
            graph({"x": (1, 6), "y": (1, 6)}, Transpose("t", "T", ("x",), "y", (0, 0))),
            "must order 2 axes",
        ),
        (graph({"x": (1, 6), "y": (1, 4)}, dense("x", "y", (4, 5))), "a multiple of 5"),
        (graph({"x": (1, 6), "y": (1, 5)}, dense("x", "y", (4, 6))), "1 rows of 4"),
        (graph({"x": (1, 6), "y": (1, 6)}, Quantize("q", "Q", ("x",), "y")), "must be present"),
        (
            graph(
                {"x": Tensor("x", (1, 6), "float32"), "y": (1, 6)},
                Quantize("q", "Q", ("x",), "y", factors(1)),
            ),
            "must be None",
        ),
        (graph({"x": (1, 6), "y": (1, 6)}, Dequantize("q", "Q", ("x",), "y")), "be float32"),
        (
            graph(
                {"x": (1, 4, 4, 2), "y": (1, 2, 2, 2)},
                replace(
                    pool("x", "y", AveragePool, requantization=factors(1)), padding=Padding(top=1)
                ),
            ),
            "no padding",
        ),
    ],
)
def test_verify_knows_each_operator(net, rule):
    with pytest.raises(ValueError, match="must") as error:
        verify(net)
    assert rule in str(error.value)


DEPTHWISE = depthwise("x", "y")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"weights": DEPTHWISE.weights[..., None]}, "weights must have 3 dimensions"),
        ({"weights": DEPTHWISE.weights.astype(np.int16)}, "weights must be int8"),
        ({"weights": DEPTHWISE.weights[:1]}, "input must have 1 channels"),
        ({"weights": DEPTHWISE.weights[:, :1]}, "must have shape (1, 4, 3, 2)"),
        ({"bias": np.zeros(3, np.int32)}, "bias must be int32 of shape (2,)"),
        ({"requantization": factors(1)}, "must have 2 rows"),
        ({"clamp": (1, 0)}, "clamp must be ordered"),
        ({"stride": (2, 1)}, "must have shape (1, 2, 3, 2)"),
        ({"padding": Padding(left=2)}, "padding must be less than the window"),
    ],
)
def test_verify_knows_depthwise(fields, rule):
    shapes = {"x": (1, 4, 4, 2), "y": (1, 3, 3, 2)}
    verify(graph(shapes, DEPTHWISE))
    with pytest.raises(ValueError, match="'x' must be int8"):
        verify(graph(shapes | {"x": Tensor("x", shapes["x"], "uint8")}, DEPTHWISE))
    with pytest.raises(ValueError, match="must") as error:
        verify(graph(shapes, replace(DEPTHWISE, **fields)))
    assert rule in str(error.value)


@pytest.mark.parametrize(
    ("x", "y", "beta", "rule"),
    [
        (Tensor("x", (1, 6), "uint8"), scores("y", (1, 6)), 1.0, "'x' must be int8"),
        (Tensor("x", (1, 6)), scores("y", (6, 1)), 1.0, "must have shape (1, 6)"),
        (Tensor("x", ()), scores("y", ()), 1.0, "must have a last axis"),
        (Tensor("x", (1, 6)), Tensor("y", (1, 6), scale=1 / 256), 1.0, "scale 1/256, zero point"),
        (Tensor("x", (1, 6)), Tensor("y", (1, 6), "int8", 0.5, -128), 1.0, "scale 1/256, zero"),
        (Tensor("x", (1, 6)), scores("y", (1, 6)), 2.0**-26, "beta times scale must be more"),
        (Tensor("x", (1, 6)), scores("y", (1, 6)), float("inf"), "beta times scale must be more"),
    ],
)
def test_verify_knows_softmax(x, y, beta, rule):
    with pytest.raises(ValueError, match="must") as error:
        verify(graph({"x": x, "y": y}, replace(softmax("x", "y"), beta=beta)))
    assert rule in str(error.value)


def test_an_average_that_requantises_may_change_scale():
    shapes = {"x": (1, 4, 4, 2), "y": Tensor("y", (1, 2, 2, 2), scale=3.0)}
    verify(graph(shapes, pool("x", "y", AveragePool, requantization=factors(1))))
    with pytest.raises(ValueError, match="must keep"):
        verify(graph(shapes, pool("x", "y", AveragePool)))


SUM = replace(
    graph({"x": (1, 3, 2), "k": (2,), "y": (1, 3, 2)}, add("x", "k", "y")),
    constants={"k": np.zeros(2, np.int8)},
)


def with_sum(**fields):
    return replace(SUM, operators=(replace(SUM.operators[0], **fields),))


def test_verify_accepts_a_constant_operand():
    assert verify(SUM) is SUM


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (with_sum(inputs=("x",)), "must have two inputs, not ('x',)"),
        (with_sum(clamp=(3, 2)), "clamp must be ordered"),
        (with_sum(first=Requantization(np.full(1, 2**30, np.int32), np.ones(1, np.int32))), "0 or"),
        (with_sum(requantization=factors(2)), "must have 1 rows"),
        (replace(SUM, tensors={**SUM.tensors, "y": Tensor("y", (1, 3, 1))}), "shape (1, 3, 2)"),
        (replace(SUM, tensors={**SUM.tensors, "x": Tensor("x", (1, 3, 3))}), "fit each other"),
        (replace(SUM, constants={}), "must come after what writes"),
        (replace(SUM, constants={"k": np.zeros(3, np.int8)}), "int8 of shape (2,), not"),
        (replace(SUM, constants={"z": np.zeros(3, np.int8)}), "must be a tensor of the graph"),
        (replace(SUM, inputs=("x", "k")), "must not be an input"),
    ],
)
def test_verify_names_the_broken_rule_of_a_sum(broken, rule):
    with pytest.raises(ValueError, match=re.escape(rule)):
        verify(broken)


VALUES = np.zeros(256, np.int8)


def one(operator, shapes, **tensors):
    """Return a graph of one operator, with ``tensors`` in place of those of ``shapes``."""
    return graph({**shapes, **tensors}, operator)


def named(kind, *fields, inputs=("x",)):
    return kind("layer", "LAYER", inputs, "y", *fields)


ONE_SHAPE = {"x": (1, 2, 2, 3), "y": (1, 2, 2, 3)}
HALF = {"x": (1, 4, 4, 2), "y": (1, 2, 2, 2)}


def spread(shapes=None, **fields):
    """Return a graph of a transposed convolution with other ``shapes`` and ``fields``."""
    maps = {"x": (1, 3, 4, 2), "y": (1, 7, 9, 2)} | (shapes or {})
    return graph(maps, replace(transposed("x", "y"), **fields))


def test_verify_accepts_a_transposed_convolution_of_any_size():
    verify(spread())
    verify(spread({"y": (1, 1, 40, 2)}, before=(3, 0)))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (one(named(Table, VALUES[:255]), ONE_SHAPE), "values must be 256 of int8"),
        (one(named(Table, VALUES.astype(int)), ONE_SHAPE), "values must be 256 of int8"),
        (one(named(Table, VALUES), HALF), "output must have shape (1, 4, 4, 2)"),
        (one(named(Pad, ((0, 0),) * 3, 0), ONE_SHAPE), "pads must be 0 or more for each of 4"),
        (one(named(Pad, ((0, 0),) * 3 + ((0, -1),), 0), ONE_SHAPE), "pads must be 0 or more"),
        (one(named(Pad, ((0, 0),) * 3 + ((0, 1),), 0), ONE_SHAPE), "shape (1, 2, 2, 4)"),
        (one(named(Pad, ((0, 0),) * 4, 128), ONE_SHAPE), "value must be in -128..127"),
        (one(named(Concatenate, 3, inputs=()), ONE_SHAPE), "must have inputs"),
        (one(named(Concatenate, 4), ONE_SHAPE), "axis must be in"),
        (one(named(Concatenate, 3, inputs=("x", "x")), ONE_SHAPE), "output must have 6 on axis 3"),
        (one(named(Concatenate, 3), HALF), "inputs must have the output's shape"),
        (one(named(Slice, (0,) * 3, (1,) * 3), HALF), "must have 4 axes"),
        (one(named(Slice, (0, 3, 0, 0), (1,) * 4), HALF), "slice must lie in (1, 4, 4, 2)"),
        (one(named(Slice, (0, 0, 0, 0), (1, -1, 1, 1)), HALF), "slice must lie in"),
        (one(named(Slice, (0, 0, 0, 0), (1, 0, 1, 1)), HALF), "slice must lie in"),
        (
            one(named(Interpolate, (0, 512, 9), (0, 99)), HALF),
            "output must have shape (1, 3, 2, 2)",
        ),
        (one(named(Interpolate, (0, 3073), (0, 3072)), HALF), "must lie in 0..3072"),
        (one(named(Interpolate, (0, 3072), (-1, 3072)), HALF), "must lie in 0..3072"),
        (one(named(Resize, (0, 1, 2), (0, 3)), HALF), "output must have shape (1, 3, 2, 2)"),
        (one(named(Resize, (0, 4), (0, 3)), HALF), "must lie in 0..3"),
        (one(named(Resize, (0, 3), (-1, 3)), HALF), "must lie in 0..3"),
        (
            one(
                named(Maximum, (-128, 127), inputs=("x", "x")),
                ONE_SHAPE | {"y": Tensor("y", (1, 2, 2, 3))},
            ),
            "output must keep",
        ),
        (one(named(Multiply, (-128, 127), factors(2), inputs=("x", "x")), ONE_SHAPE), "1 rows"),
        (one(named(LogSoftmax), ONE_SHAPE), "output must have scale 1/16, zero point 127"),
        (one(named(ArgMax, 3), ONE_SHAPE), "output must be int32 or int64"),
        (one(named(ArgMax, 4), ONE_SHAPE, y=Tensor("y", (1, 2, 2), "int32")), "axis must be in"),
        (one(named(ArgMax, 3), ONE_SHAPE, y=Tensor("y", (1, 2), "int64")), "shape (1, 2, 2)"),
        (spread(groups=0), "groups must divide (2, 2) channels"),
        (spread(groups=3), "groups must divide (2, 2) channels"),
        (spread(stride=(2, 0)), "stride must be 1x1 or larger"),
        (spread(before=(0, -1)), "before must be 0 or more"),
        (spread(weights=np.zeros((2, 0, 3, 2), np.int8)), "kernel must be 1x1 or larger"),
        (spread(weights=np.zeros((2, 3, 2), np.int8)), "weights must have 4 dimensions"),
        (spread(weights=np.zeros((2, 3, 3, 2), np.int16)), "weights must be int8, not 'int16'"),
        (spread(weights=np.zeros((2, 3, 3, 3), np.int8)), "must have (3, 2) channels, not (2, 2)"),
        (spread(weights=np.zeros((3, 3, 3, 2), np.int8)), "must have (2, 3) channels, not (2, 2)"),
        (spread({"y": (2, 7, 9, 2)}), "batches must be equal"),
        (spread({"y": (1, 63, 2)}), "maps must have 4 dimensions"),
        (spread(bias=np.zeros(3, np.int32)), "bias must"),
        (spread(clamp=(5, 4)), "clamp"),
        (with_layer(0, groups=2), "groups must divide 3 output channels"),
        (with_layer(0, groups=3), "input must have 6 channels"),
        (with_layer(0, dilation=(1, 0)), "dilation must be 1 or more"),
        (with_layer(0, dilation=(2, 1)), "output must have shape (1, 2, 3, 3)"),
    ],
)
def test_verify_names_the_broken_rule_of_other_operators(broken, rule):
    with pytest.raises(ValueError, match=re.escape(rule)):
        verify(broken)


def test_verify_accepts_any_multiplier_in_a_mean():
    small = Requantization(np.array([3], np.int32), np.array([0], np.int32))
    verify(graph(HALF, pool("x", "y", AveragePool, requantization=small)))
