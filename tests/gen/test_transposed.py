"""The phases of a transposed convolution: which taps, and where."""

import numpy as np
import pytest
from graphs import graph, transposed

from zeroleap.gen.ir import Padding
from zeroleap.gen.transposed import Phase, kernel_of, phases
from zeroleap.sim.reference.convolution import accumulate
from zeroleap.sim.reference.network import run


def phases_of(length, outputs, kernel, stride, before):
    """Return the phases along rows; there is one column."""
    operator = transposed("x", "y", (1, kernel, 1, 1), (stride, 1), (before, 0))
    tensors = graph({"x": (1, length, 1, 1), "y": (1, outputs, 1, 1)}, operator).tensors
    return [down for down, _ in phases(operator, tensors["x"], tensors["y"])]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        # y = 2 i + k: even outputs meet taps 2 and 0, of the input before and their own.
        ((4, 9, 3, 2, 0), [Phase(0, 5, (2, 0), 1, 1), Phase(1, 4, (1,), 0, 0)]),
        # y = 2 i + k - 1: even outputs meet tap 1, odd ones 2 and, of the input behind, 0.
        ((4, 8, 3, 2, 1), [Phase(0, 4, (1,), 0, 0), Phase(1, 4, (2, 0), 0, 1)]),
        # A kernel smaller than the stride leaves a phase without a tap: the bias.
        ((3, 9, 1, 3, 0), [Phase(0, 3, (0,), 0, 0), *(Phase(n, 3, (-1,), 0, 0) for n in (1, 2))]),
        # Three outputs behind all that is reached: their windows end at the last input.
        ((2, 5, 1, 1, 0), [Phase(0, 5, (-1, -1, -1, 0), 3, 3)]),
        # The first output is reached by the third input only.
        ((4, 2, 1, 1, 2), [Phase(0, 2, (-1, -1, 0), 0, 0)]),
        # One output: its window must reach over the inputs that are cut off.
        ((4, 1, 2, 1, 0), [Phase(0, 1, (1, 0, -1, -1, -1), 1, 0)]),
        ((1, 1, 3, 2, 0), [Phase(0, 1, (2, 0), 1, 0)]),
    ],
)
def test_by_hand(arguments, expected):
    assert phases_of(*arguments) == expected


@pytest.mark.parametrize("seed", range(40))
def test_each_phase_is_a_convolution_of_what_it_meets(seed):
    rng = np.random.default_rng(seed)
    kernel, stride, size = (tuple(map(int, rng.integers(1, most, 2))) for most in (6, 5, 7))
    before = tuple(int(rng.integers(taps)) for taps in kernel)
    outputs = tuple(int(rng.integers(1, 25)) for _ in size)
    depth, channels = (int(each) for each in rng.integers(1, 4, 2))
    operator = transposed("x", "y", (channels, *kernel, depth), stride, before)
    net = graph({"x": (1, *size, depth), "y": (1, *outputs, channels)}, operator)
    source, target = net.tensors["x"], net.tensors["y"]
    values = rng.integers(-128, 128, source.shape).astype(np.int8)

    # The definition: each input and each tap, one by one.
    expected = np.zeros((*outputs, channels), np.int64) + operator.bias
    for i, j, r, s in np.ndindex(*size, *kernel):
        y, x = stride[0] * i + r - before[0], stride[1] * j + s - before[1]
        if 0 <= y < outputs[0] and 0 <= x < outputs[1]:
            centred = values[0, i, j].astype(np.int64) - source.zero_point
            expected[y, x] += operator.weights[:, r, s].astype(np.int64) @ centred

    received = np.full_like(expected, 99999)
    for down, across in phases(operator, source, target):
        weights = kernel_of(operator, down, across)
        padding = Padding(down.before, down.after, across.before, across.after)
        assert max(down.before, down.after) < len(down.taps)
        sums = accumulate(values, weights, operator.bias, source.zero_point, padding=padding)
        assert sums.shape == (1, down.count, across.count, channels)
        received[down.first :: stride[0], across.first :: stride[1]] = sums[0]
    np.testing.assert_array_equal(received, expected)

    scaled = run(net, {"x": values})["y"][0]  # the scale of `factors`: a half, and 6 bits
    exact = target.zero_point + expected / 128
    np.testing.assert_array_less(np.abs(scaled - np.clip(exact, -128, 127)), 0.51)
