"""Passes, what each makes of a graph; graphs are written by hand."""

import numpy as np
import pytest
from graphs import (
    convolution,
    dense,
    depthwise,
    graph,
    pool,
    reshape,
    same_results,
    scores,
    softmax,
)

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import (
    Convolution,
    Quantize,
    Requantization,
    Reshape,
    Slice,
    Tensor,
    Transpose,
)
from zeroleap.gen.passes import PASSES, legalise, split, verify
from zeroleap.gen.passes.dead import drop_dead
from zeroleap.gen.passes.dense import dense_to_convolution
from zeroleap.gen.passes.layout import (
    drop_identities,
    merge_reshapes,
    merge_transposes,
    simplify_transposes,
)


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


def test_a_reshape_in_the_middle_is_the_accelerators():
    net = graph(
        {"x": (1, 4, 4, 2), "c": (1, 4, 4, 3), "r": (1, 2, 8, 3), "y": (1, 1, 4, 3)},
        convolution("x", "c", (3, 1, 1, 2)),
        reshape("c", "r"),
        pool("r", "y"),
    )
    before, core, after = split(legalise(net))
    assert [operator.kind for operator in core] == ["conv", "reshape", "max_pool"]
    assert before == after == ()


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


def test_a_transpose_of_a_transpose_is_one():
    net = graph(
        {"x": (1, 2, 3, 4), "t": (1, 4, 2, 3), "y": (3, 1, 4, 2)},
        Transpose("first", "TRANSPOSE", ("x",), "t", (0, 3, 1, 2)),
        Transpose("second", "TRANSPOSE", ("t",), "y", (3, 0, 1, 2)),
    )
    merged = merge_transposes(net)
    assert merged.operators[1].inputs == ("x",)
    assert merged.operators[1].permutation == (2, 0, 3, 1)
    same_results(net, drop_dead(merged))


def test_a_slice_of_everything_goes():
    everything = Slice("all", "STRIDED_SLICE", ("x",), "s", (0, 0, 0), (1, 2, 1))
    reverse = Slice("reverse", "STRIDED_SLICE", ("s",), "y", (0, 0, 3), (1, 1, -1))
    net = graph({"x": (1, 1, 4), "s": (1, 1, 4), "y": (1, 1, 4)}, everything, reverse)
    (kept,) = drop_identities(net)
    assert (kept.name, kept.inputs) == ("reverse", ("x",))


def test_what_the_accelerator_does_not_do_is_named():
    net = graph({"x": (1, 2, 2, 3), "y": (1, 5)}, dense("x", "y", (5, 12)))
    with pytest.raises(InputError, match=r"net: layer 'to y' \(FULLY_CONNECTED\): dense is not"):
        split(net)
