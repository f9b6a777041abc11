"""Channels that are dropped and channels that stay, in whole networks."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import convolution, dense, depthwise, graph, pool, reshape
from shrinking import AROUND, chain, channels, dead, given, shrunk, stays, with_taps

from zeroleap.gen.ir import AveragePool, MaxPool, Padding
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference import network

DEPTHWISE = depthwise("a", "b", (4, 2, 2))


def test_channels_go_all_the_way_down():
    net = graph(
        {
            "x": (1, 9, 9, 2),
            "a": (1, 9, 9, 4),
            "b": (1, 8, 8, 4),
            "c": (1, 4, 4, 4),
            "d": (1, 4, 4, 4),
            "e": (1, 2, 2, 4),
            "y": (1, 2, 2, 3),
        },
        dead(convolution("x", "a", (4, 1, 1, 2)), [0, 2], [40, -60]),
        depthwise("a", "b", (4, 2, 2)),
        pool("b", "c", MaxPool),
        depthwise("c", "d", (4, 1, 1)),
        pool("d", "e", AveragePool),
        convolution("e", "y", (3, 1, 1, 4)),
    )
    small = shrunk(net)
    assert channels(small) == {"x": 2, **dict.fromkeys("abcde", 2), "y": 3}


def test_a_dead_depthwise_filter_takes_the_channel_before_it_along():
    middle = dead(DEPTHWISE, [1], 50, padding=Padding(top=1, left=1))
    live = convolution("x", "a", (4, 1, 1, 2))
    net = chain(middle, (1, 6, 6), (1, 5, 5, 3))
    small = shrunk(replace(net, operators=(live, *net.operators[1:])))
    assert channels(small) == {"x": 2, "a": 3, "b": 3, "y": 3}


def test_a_dead_depthwise_filter_on_an_input_stays():
    stays(
        graph(
            {"x": (1, 5, 5, 2), "a": (1, 4, 4, 2), "y": (1, 4, 4, 3)},
            dead(depthwise("x", "a"), [1]),
            convolution("a", "y", (3, 1, 1, 2)),
        )
    )


def test_a_filter_on_constant_channels_only_is_constant_itself():
    weights = convolution("a", "b", (3, 2, 2, 3)).weights.copy()
    weights[2, ..., [0, 2]] = 0
    net = graph(
        {"x": (1, 4, 4, 2), "a": (1, 4, 4, 3), "b": (1, 3, 3, 3), "y": (1, 3, 3, 2)},
        dead(convolution("x", "a", (3, 1, 1, 2)), [1]),
        replace(convolution("a", "b", (3, 2, 2, 3)), weights=weights),
        convolution("b", "y", (2, 1, 1, 3)),
    )
    assert channels(shrunk(net)) == {"x": 2, "a": 2, "b": 2, "y": 2}


def fork(*readers, outputs):
    """A dead channel of ``a`` that ``readers`` read."""
    shapes = {"x": (1, 4, 4, 2), "a": (1, 4, 4, 3)}
    wide = {"y": (1, 4, 4, 2), "z": (1, 4, 4, 5), "f": (1, 48)}
    shapes |= {reader.output: wide[reader.output] for reader in readers}
    writer = dead(convolution("x", "a", (3, 1, 1, 2)), [1])
    return graph(shapes, writer, *readers, outputs=outputs)


def test_several_readers_each_take_it_into_their_bias():
    left, right = convolution("a", "y", (2, 1, 1, 3)), convolution("a", "z", (5, 1, 1, 3))
    small = shrunk(fork(left, right, outputs=("y", "z")))
    assert channels(small)["a"] == 2
    assert small.operators[1].weights.shape == (2, 1, 1, 2)
    assert small.operators[2].weights.shape == (5, 1, 1, 2)


@pytest.mark.parametrize("order", [1, -1])
def test_one_reader_that_cannot_keeps_it_for_all(order):
    plain = convolution("a", "y", (2, 1, 1, 3))
    padded = replace(convolution("a", "z", (5, 3, 3, 3)), padding=AROUND)
    stays(fork(*(plain, padded)[::order], outputs=("y", "z")))
    stays(fork(*(plain, reshape("a", "f"))[::order], outputs=("y", "f")))


def test_an_output_keeps_all_its_channels():
    stays(fork(convolution("a", "y", (2, 1, 1, 3)), outputs=("a", "y")))
    stays(fork(outputs=("a",)))
    stays(chain(DEPTHWISE, (1, 5, 5), (1, 4, 4, 3), outputs=("y", "b")))
    stays(chain(DEPTHWISE, (1, 5, 5), (1, 4, 4, 3), outputs=("y", "a")))


def test_one_channel_stays_where_all_are_dead():
    net = graph(
        {
            "x": (1, 4, 4, 2),
            "a": (1, 4, 4, 3),
            "b": (1, 2, 2, 3),
            "c": (1, 2, 2, 4),
            "y": (1, 2, 2, 2),
        },
        dead(convolution("x", "a", (3, 1, 1, 2)), [0, 1, 2], [10, 20, 30]),
        pool("a", "b"),
        convolution("b", "c", (4, 1, 1, 3)),
        convolution("c", "y", (2, 1, 1, 4)),
    )
    assert channels(shrunk(net)) == {"x": 2, "a": 1, "b": 1, "c": 1, "y": 2}


def test_what_meets_no_weights_is_not_computed_nor_what_it_alone_reads():
    net = graph(
        {
            "x": (1, 4, 4, 2),
            "a": (1, 4, 4, 3),
            "b": (1, 4, 4, 4),
            "c": (1, 2, 2, 4),
            "y": (1, 2, 2, 2),
        },
        convolution("x", "a", (3, 1, 1, 2)),
        with_taps(replace(convolution("a", "b", (4, 3, 3, 3)), padding=AROUND), 2, 0),
        replace(pool("b", "c"), padding=Padding()),
        with_taps(convolution("c", "y", (2, 1, 1, 4)), 1, 0),
    )
    read_once = net.operators[1].weights.copy()
    read_once[1, 1, 1, 2] = 9  # the filter that goes is the only one that reads channel 2
    net = replace(
        net,
        operators=(
            net.operators[0],
            replace(net.operators[1], weights=read_once),
            *net.operators[2:],
        ),
    )
    small = shrunk(net)
    assert channels(small) == {"x": 2, "a": 2, "b": 3, "c": 3, "y": 2}


def test_an_input_keeps_all_its_channels():
    stays(
        graph(
            {"x": (1, 4, 4, 2), "y": (1, 4, 4, 3)},
            with_taps(convolution("x", "y", (3, 1, 1, 2)), 1, 0),
        )
    )


def test_a_flattened_map_in_front_of_a_dense_layer_is_followed():
    net = graph(
        {"x": (1, 2, 3, 2), "a": (1, 2, 3, 4), "f": (1, 24), "y": (1, 5)},
        dead(convolution("x", "a", (4, 1, 1, 2)), [3]),
        reshape("a", "f"),
        dense("f", "y", (5, 24)),
    )
    legal = legalise(net)
    assert [op.weights.shape for op in legal.operators[:2]] == [(3, 1, 1, 2), (5, 2, 3, 3)]
    results = [network.run(form, given(net))["y"] for form in (net, legal)]
    assert np.array_equal(*results)
