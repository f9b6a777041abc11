"""Passes, and what a legal graph is; graphs are written by hand."""

from dataclasses import replace

import numpy as np
import pytest

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Dequantize,
    FullyConnected,
    Graph,
    MaxPool,
    Padding,
    Quantize,
    Requantization,
    Reshape,
    Softmax,
    Tensor,
    Transpose,
)
from zeroleap.gen.passes import PASSES, legalise, split, verify
from zeroleap.gen.passes.dead import drop_dead
from zeroleap.gen.passes.dense import dense_to_convolution
from zeroleap.gen.passes.layout import drop_identities, merge_reshapes, simplify_transposes
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
    fields = {name: value for name, value in vars(layer).items() if name != "weights"}
    return DepthwiseConvolution(**fields | {"weights": layer.weights[..., 0]})


def softmax(source, target):
    return Softmax(f"to {target}", "SOFTMAX", (source,), target, beta=1.0)


def scores(name, shape):
    return Tensor(name, shape, scale=1 / 256, zero_point=-128)


def pool(source, target, kind=MaxPool, **more):
    return kind(
        f"to {target}", "POOL", (source,), target, (2, 2), (2, 2), Padding(), (-128, 127), **more
    )


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


def test_a_flattened_map_is_read_as_the_map_it_was():
    net = graph(
        {"x": (1, 2, 3, 4), "f": (1, 24), "y": (1, 5)},
        reshape("x", "f"),
        dense("f", "y", (5, 24)),
    )
    legal = legalise(net)
    assert [op.kind for op in legal] == ["conv", "reshape"]
    layer = legal.operators[0]
    assert layer.input == "x"
    assert layer.weights.shape == (5, 2, 3, 4)
    assert np.array_equal(layer.weights.reshape(5, 24), net.operators[1].weights)
    assert legal.tensors[layer.output].shape == (1, 1, 1, 5)
    same_results(net, legal)


def test_a_row_becomes_a_map_of_one_pixel_between_layers_too():
    net = graph(
        {"x": (1, 6), "h": (1, 4), "y": (1, 3)},
        dense("x", "h", (4, 6)),
        dense("h", "y", (3, 4)),
    )
    legal = legalise(net)
    assert [op.kind for op in legal] == ["reshape", "conv", "conv", "reshape"]
    kernels = [op.weights.shape for op in legal if isinstance(op, Convolution)]
    assert kernels == [(4, 1, 1, 6), (3, 1, 1, 4)]
    before, core, after = split(legal)
    assert len(before) == len(after) == 1
    assert [core.tensors[name].shape for name in (*core.inputs, *core.outputs)] == [
        (1, 1, 1, 6),
        (1, 1, 1, 3),
    ]
    same_results(net, legal)


def test_rows_become_pixels():
    net = graph({"x": (1, 7, 6), "y": (1, 7, 4)}, dense("x", "y", (4, 6)))
    legal = legalise(net)
    layer = next(op for op in legal if isinstance(op, Convolution))
    assert legal.tensors[layer.input].shape == (1, 1, 7, 6)
    assert layer.weights.shape == (4, 1, 1, 6)
    same_results(net, legal)


def test_rows_of_a_map_need_no_reshape():
    net = graph(
        {"x": (1, 2, 3, 6), "f": (6, 6), "y": (6, 4)},
        reshape("x", "f"),
        dense("f", "y", (4, 6)),
    )
    legal = legalise(net)
    assert [op.kind for op in legal] == ["conv", "reshape"]
    assert legal.tensors[legal.operators[0].output].shape == (1, 2, 3, 4)
    same_results(net, legal)


def test_rows_that_cut_across_channels_are_reshaped():
    net = graph(
        {"x": (1, 2, 3, 6), "f": (2, 18), "y": (2, 4)},
        reshape("x", "f"),
        dense("f", "y", (4, 18)),
    )
    legal = legalise(net)
    assert [op.kind for op in legal] == ["reshape", "conv", "reshape"]
    same_results(net, legal)


def test_a_dense_layer_that_ends_in_a_map_writes_it_itself():
    net = graph({"x": (1, 1, 1, 6), "y": (1, 1, 1, 4)}, dense("x", "y", (4, 6)))
    legal = legalise(net)
    assert [(op.kind, op.input, op.output) for op in legal] == [("conv", "x", "y")]


def test_drops_the_dead_and_their_tensors():
    net = graph(
        {"x": (1, 4, 4, 2), "d": (1, 32), "e": (1, 2, 16), "y": (1, 3, 3, 3)},
        reshape("x", "d"),
        reshape("d", "e"),
        convolution("x", "y"),
    )
    clean = drop_dead(net)
    assert [op.output for op in clean] == ["y"]
    assert set(clean.tensors) == {"x", "y"}


def test_reshapes_merge_and_identities_vanish_but_outputs_keep_their_names():
    net = graph(
        {"x": (1, 4, 4, 2), "a": (1, 32), "b": (1, 4, 4, 2), "c": (1, 3, 3, 3), "y": (1, 3, 3, 3)},
        reshape("x", "a"),
        reshape("a", "b"),
        convolution("b", "c"),
        reshape("c", "y"),
    )
    legal = legalise(net)
    assert [(op.kind, op.input, op.output) for op in legal] == [("conv", "x", "y")]
    assert set(legal.tensors) == {"x", "y"}
    same_results(net, legal)


def test_an_identity_between_an_input_and_an_output_stays():
    net = graph(
        {"x": (1, 4, 4, 2), "z": (1, 4, 4, 2), "y": (1, 3, 3, 3)},
        reshape("x", "z"),
        convolution("x", "y"),
        outputs=("y", "z"),
    )
    legal = legalise(net)
    assert [op.kind for op in legal] == ["reshape", "conv"]
    assert legal.outputs == ("y", "z")


@pytest.mark.parametrize(
    ("shape", "permutation", "kind"),
    [
        ((1, 1, 5, 6), (0, 2, 3, 1), Reshape),
        ((1, 3, 1, 1), (0, 2, 3, 1), Reshape),
        ((1, 3, 5, 1), (0, 2, 3, 1), Transpose),
        ((1, 3, 1, 6), (0, 3, 2, 1), Transpose),
    ],
)
def test_a_transpose_of_axes_of_length_one_is_a_reshape(shape, permutation, kind):
    moved = tuple(shape[axis] for axis in permutation)
    net = graph({"x": shape, "y": moved}, Transpose("t", "T", ("x",), "y", permutation))
    (operator,) = simplify_transposes(net)
    assert type(operator) is kind
    same_results(net, simplify_transposes(net))


def test_quantize_of_the_same_kind_vanishes_and_another_does_not():
    one = Requantization(np.array([2**30], np.int32), np.array([1], np.int32))
    shapes = {"x": (1, 4, 4, 2), "q": (1, 4, 4, 2), "y": (1, 3, 3, 3)}
    step = Quantize("q", "QUANTIZE", ("x",), "q", one)
    net = graph(shapes, step, convolution("q", "y"))
    assert [op.kind for op in drop_identities(net)] == ["conv"]
    shapes["q"] = Tensor("q", (1, 4, 4, 2), scale=0.5, zero_point=-1)
    net = graph(shapes, step, convolution("q", "y"))
    assert [op.kind for op in drop_identities(net)] == ["quantize", "conv"]


def test_passes_do_not_change_what_is_legal():
    net = graph({"x": (1, 4, 4, 2), "y": (1, 3, 3, 3)}, convolution("x", "y"))
    for apply in PASSES:
        assert apply(net).operators == net.operators
    assert dense_to_convolution(merge_reshapes(net)).tensors == net.tensors


def test_split_keeps_an_output_in_the_middle():
    net = graph(
        {"x": (1, 32), "m": (1, 4, 4, 2), "c": (1, 4, 4, 3), "y": (1, 2, 2, 3), "f": (1, 48)},
        reshape("x", "m"),
        convolution("m", "c", (3, 1, 1, 2)),
        pool("c", "y"),
        reshape("c", "f"),
        outputs=("y", "f"),
    )
    before, core, after = split(legalise(net))
    assert [op.output for op in before] == ["m"]
    assert [op.output for op in after] == ["f"]
    assert (core.inputs, core.outputs) == (("m",), ("c", "y"))
    assert set(core.tensors) == {"m", "c", "y"}
    verify(core)


def test_refuses_a_host_operator_in_the_middle_by_name():
    net = graph(
        {"x": (1, 4, 4, 2), "c": (1, 4, 4, 3), "r": (1, 2, 8, 3), "y": (1, 1, 4, 3)},
        convolution("x", "c", (3, 1, 1, 2)),
        reshape("c", "r"),
        pool("r", "y"),
    )
    with pytest.raises(
        InputError, match=r"net: layer 'to r' \(RESHAPE\): reshape before layer 'to y'"
    ):
        legalise(net)


def test_depthwise_is_the_accelerators_and_softmax_the_hosts():
    net = graph(
        {"x": (1, 4, 4, 2), "d": (1, 3, 3, 2), "h": (1, 5), "y": scores("y", (1, 5))},
        depthwise("x", "d"),
        dense("d", "h", (5, 18)),
        softmax("h", "y"),
    )
    legal = legalise(net)
    assert [op.kind for op in legal] == ["depthwise", "conv", "reshape", "softmax"]
    before, core, after = split(legal)
    assert before == ()
    assert [op.kind for op in core] == ["depthwise", "conv"]
    assert [op.kind for op in after] == ["reshape", "softmax"]
    same_results(net, legal)


def test_softmax_may_be_of_an_output_that_the_network_goes_on_from():
    net = graph(
        {"x": (1, 4, 4, 2), "d": (1, 3, 3, 2), "s": scores("s", (1, 3, 3, 2)), "y": (1, 2, 2, 2)},
        depthwise("x", "d"),
        softmax("d", "s"),
        depthwise("d", "y"),
        outputs=("s", "y"),
    )
    before, core, after = split(legalise(net))
    assert (before, core.outputs, [op.output for op in after]) == ((), ("d", "y"), ["s"])


def test_softmax_of_an_input_may_be_an_output():
    net = graph(
        {"x": (1, 4, 4, 2), "s": scores("s", (1, 4, 4, 2)), "y": (1, 3, 3, 2)},
        softmax("x", "s"),
        depthwise("x", "y"),
        outputs=("s", "y"),
    )
    assert len(legalise(net).operators) == 2


@pytest.mark.parametrize(
    "net",
    [
        graph(
            {"x": (1, 1, 1, 6), "h": (1, 4), "s": scores("s", (1, 4)), "y": (1, 3)},
            dense("x", "h", (4, 6)),
            softmax("h", "s"),
            dense("s", "y", (3, 4)),
        ),
        graph(
            {"x": (1, 4), "s": scores("s", (1, 4)), "y": (1, 3)},
            softmax("x", "s"),
            dense("s", "y", (3, 4)),
        ),
        graph(
            {"x": (1, 4, 4, 2), "s": scores("s", (1, 4, 4, 2)), "y": (1, 3, 3, 2)},
            softmax("x", "s"),
            depthwise("s", "y"),
        ),
    ],
)
def test_refuses_softmax_before_a_layer_by_name(net):
    words = r"net: layer 'to s' \(SOFTMAX\): softmax before layer 'to y' .* at the network's end"
    with pytest.raises(InputError, match=words):
        legalise(net)


def test_refuses_a_graph_with_nothing_to_accelerate():
    with pytest.raises(InputError, match="nothing to accelerate"):
        legalise(graph({"x": (1, 4), "y": scores("y", (1, 4))}, softmax("x", "y")))
    with pytest.raises(InputError, match="nothing to accelerate"):
        legalise(graph({"x": (1, 4), "y": (4, 1)}, reshape("x", "y")))


def test_refuses_other_tensors_than_the_accelerator_has():
    batch = graph({"x": (2, 4, 4, 2), "y": (2, 3, 3, 3)}, convolution("x", "y"))
    with pytest.raises(InputError, match="takes int8 of shape"):
        legalise(batch)


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
