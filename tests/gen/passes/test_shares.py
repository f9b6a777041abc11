"""Which shares are constant, and what becomes of them: sums worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import convolution, depthwise, graph, pool
from shrinking import (
    AROUND,
    ONE,
    chain,
    channels,
    given,
    shrunk,
    stays,
    two_layers,
    unit,
    with_taps,
)

from zeroleap.gen.ir import AveragePool, MaxPool, Padding
from zeroleap.sim.reference import network

HALF = replace(ONE, shift=np.array([0], np.int32))
DEPTHWISE = depthwise("a", "b", (4, 2, 2))
WIDE = replace(pool("a", "b", MaxPool), window=(3, 3), padding=AROUND, clamp=(-50, 20))


def test_a_dead_filter_is_a_bias_worked_by_hand():
    first = replace(
        convolution("x", "a", (2, 1, 1, 1)),
        weights=np.array([1, 0], np.int8).reshape(2, 1, 1, 1),
        bias=np.array([0, 40], np.int32),
        requantization=unit(2),
    )
    second = replace(
        convolution("a", "y", (2, 1, 2, 2)),
        weights=np.array([[[3, 5], [4, 6]], [[1, -2], [0, 9]]], np.int8).reshape(2, 1, 2, 2),
        bias=np.array([7, 8], np.int32),
    )
    net = graph({"x": (1, 3, 3, 1), "a": (1, 3, 3, 2), "y": (1, 3, 2, 2)}, first, second)
    small = shrunk(net)
    assert channels(small) == {"x": 1, "a": 1, "y": 2}
    writer, reader = small.operators
    assert writer.weights.tolist() == [[[[1]]]]
    assert (writer.bias.tolist(), writer.requantization.shift.tolist()) == ([0], [1])
    assert reader.weights.tolist() == [[[[3], [4]]], [[[1], [0]]]]
    assert reader.bias.tolist() == [7 + 40 * (5 + 6), 8 + 40 * (-2 + 9)]
    assert reader.bias.dtype == np.int32


def test_the_constant_is_clamped_before_it_is_a_bias():
    net = two_layers()
    clamped = replace(
        net, operators=(replace(net.operators[0], clamp=(-128, 30)), *net.operators[1:])
    )
    sums = net.operators[1].weights[:, 0, 0, 1].astype(int)
    for form, offset in ((net, 40), (clamped, 32)):
        _, reader = shrunk(form)
        assert reader.bias.tolist() == (np.arange(5) + offset * sums).tolist()


def test_a_bias_wraps():
    limits = np.array([2**31 - 1, -(2**31), 2**31 - 1, -(2**31), 0], np.int32)
    net = two_layers()
    reader = replace(net.operators[1], bias=limits)
    reader = with_taps(reader, 1, np.array([127, -128, 1, -1, 3]).reshape(5, 1, 1))
    _, small = shrunk(replace(net, operators=(net.operators[0], reader)))
    assert small.bias.tolist() == [
        -(2**31) - 1 + 40 * 127,
        2**31 - 40 * 128,
        -(2**31) - 1 + 40,
        2**31 - 40,
        120,
    ]


def test_padding_keeps_a_constant_that_is_not_its_own():
    stays(two_layers((3, 3), padding=AROUND))
    stays(two_layers((3, 3), padding=Padding(top=1)))
    stays(two_layers((3, 3), padding=Padding(right=1)))


def test_folding_under_padding_would_be_wrong_at_the_border_only():
    """What the test above would let through without this: that the border is seen at all."""
    net = two_layers((3, 3), padding=AROUND)
    first, second = net.operators
    folded = replace(
        with_taps(second, 1, 0),
        bias=second.bias + 40 * second.weights[..., 1].sum(axis=(1, 2), dtype=np.int32),
    )
    right, wrong = (
        network.run(replace(net, operators=(first, reader)), given(net))["y"]
        for reader in (second, folded)
    )
    assert np.array_equal(right[:, 1:-1, 1:-1], wrong[:, 1:-1, 1:-1])
    assert not np.array_equal(right, wrong)


def test_under_padding_the_zero_point_adds_nothing():
    _, reader = shrunk(two_layers((3, 3), bias=0, padding=AROUND))
    assert reader.weights.shape == (5, 3, 3, 2)
    assert reader.bias.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("taps", "padding", "drops"),
    [
        ([[0, 0, 0], [0, 7, 0], [0, 0, 0]], AROUND, True),
        ([[0, 0, 0], [0, 7, 1], [0, 0, 0]], AROUND, False),
        ([[5, -5, 0], [3, 2, 2], [0, 0, 0]], Padding(top=1), True),
        ([[5, -5, 0], [3, 2, 2], [0, 0, 0]], Padding(left=1), False),
        ([[5, -5, 0], [3, 2, 2], [0, 0, 0]], Padding(top=2), False),
        ([[1, -1, 0], [-1, 2, 6], [0, 0, 0]], Padding(top=1, left=1), False),
        ([[1, -1, 0], [-1, 1, 7], [0, 0, 0]], Padding(top=1, left=1), False),
        ([[0, 0, 0], [0, 1, 6], [0, 0, 0]], Padding(top=1, left=1), True),
    ],
)
def test_under_padding_a_channel_goes_if_its_lost_weights_add_up_to_0(taps, padding, drops):
    net = two_layers((3, 3), padding=padding)
    net = replace(net, operators=(net.operators[0], with_taps(net.operators[1], 1, np.array(taps))))
    small = shrunk(net)
    assert channels(small)["a"] == (2 if drops else 3)
    if drops:
        assert small.operators[1].bias.tolist() == [40 * 7 + bias for bias in range(5)]


def test_only_weights_that_lie_on_the_map_count():
    _, reader = shrunk(two_layers((3, 3), 1, 1, padding=AROUND))
    centre = two_layers((3, 3), 1, 1, padding=AROUND).operators[1].weights[:, 1, 1, 1]
    assert reader.bias.tolist() == (np.arange(5) + 40 * centre.astype(int)).tolist()


def test_padding_that_no_window_reaches_is_none():
    small = shrunk(two_layers((2, 2), 4, 4, stride=(2, 2), padding=Padding(bottom=1, right=1)))
    assert channels(small)["a"] == 2
    stays(two_layers((2, 2), 5, 4, stride=(2, 2), padding=Padding(bottom=1, right=1)))
    stays(two_layers((2, 2), 4, 5, stride=(1, 2), padding=Padding(right=1)))


def test_all_filters_of_the_reader_must_agree():
    net = two_layers((3, 3), padding=AROUND)
    weights = net.operators[1].weights.copy()
    weights[..., 1] = 0
    weights[4, 0, 0, 1] = 1
    stays(replace(net, operators=(net.operators[0], replace(net.operators[1], weights=weights))))


@pytest.mark.parametrize(
    ("middle", "values"),
    [
        (WIDE, (20, -50)),
        (replace(WIDE, clamp=(-128, 127)), (38, -62)),
        (replace(pool("a", "b", AveragePool), window=(3, 3), padding=AROUND), (38, -62)),
        (
            replace(pool("a", "b", AveragePool, requantization=HALF), clamp=(-100, 90)),
            (4 * 40 // 2 - 2, -100),  # halves of the sums of 40 and of -60
        ),
    ],
)
def test_constants_pass_through_pools_worked_by_hand(middle, values):
    net = chain(middle, (1, 3, 3), (1, 2, 2, 3))
    small = shrunk(net)
    assert channels(small) == {"x": 2, "a": 2, "b": 2, "y": 3}
    sums = net.operators[2].weights.sum(axis=(1, 2), dtype=int)[:, [0, 2]]
    offsets = np.array(values) + 2
    assert small.operators[2].bias.tolist() == (np.arange(3) + sums @ offsets).tolist()


def test_constants_pass_through_a_depthwise_convolution():
    small = shrunk(chain(DEPTHWISE, (1, 5, 5), (1, 4, 4, 3)))
    assert channels(small) == {"x": 2, "a": 2, "b": 2, "y": 3}
    assert np.array_equal(small.operators[1].weights, DEPTHWISE.weights[[1, 3]])
    assert small.operators[1].bias.tolist() == [1, 3]


def test_padding_stops_a_constant_at_a_depthwise_convolution():
    padded = replace(DEPTHWISE, padding=Padding(top=1, left=1))
    net = chain(padded, (1, 6, 6), (1, 5, 5, 3))
    stays(net)
    small = shrunk(chain(padded, (1, 6, 6), (1, 5, 5, 3), bias=0))
    assert channels(small) == {"x": 2, "a": 3, "b": 3, "y": 3}  # the zero point only


def test_other_zero_points_and_batches_are_heeded():
    net = two_layers((2, 2))
    tensors = {
        name: replace(tensor, shape=(2, *tensor.shape[1:]), zero_point=zero_point)
        for (name, tensor), zero_point in zip(net.tensors.items(), (5, -100, 17), strict=True)
    }
    _, reader = shrunk(replace(net, tensors=tensors))
    sums = net.operators[1].weights[..., 1].sum(axis=(1, 2), dtype=int)
    assert reader.bias.tolist() == (np.arange(5) + 40 * sums).tolist()
