"""Borders that convolutions take over."""

import pytest
from graphs import convolution, depthwise, graph, pool, same_results

from zeroleap.gen.ir import Pad, Padding
from zeroleap.gen.passes.pads import pads_to_convolutions

ZERO_POINT = -2  # of every tensor in `graph`
ROWS_AND_COLUMNS = ((0, 0), (1, 0), (0, 1), (0, 0))


def pad(source, target, pads=ROWS_AND_COLUMNS, value=ZERO_POINT):
    return Pad(f"to {target}", "PAD", (source,), target, pads, value)


def net(border, *readers, outputs=("y",)):
    shapes = {"x": (1, 4, 4, 2), "p": (1, 5, 5, 2), "y": (1, 4, 4, 3), "z": (1, 4, 4, 2)}
    used = {"x", "p"} | {reader.output for reader in readers}
    kept = {name: shape for name, shape in shapes.items() if name in used}
    return graph(kept, border, *readers, outputs=outputs)


def test_all_readers_take_the_border():
    given = net(pad("x", "p"), convolution("p", "y"), depthwise("p", "z"), outputs=("y", "z"))
    fused = pads_to_convolutions(given)
    assert [operator.inputs for operator in fused] == [("x",)] * 2
    assert [operator.padding for operator in fused] == [Padding(1, 0, 0, 1)] * 2
    assert "p" not in fused.tensors
    same_results(given, fused)


@pytest.mark.parametrize(
    "given",
    [
        net(pad("x", "p", value=0), convolution("p", "y")),
        net(pad("x", "p"), convolution("p", "y"), outputs=("p", "y")),
        graph(
            {"x": (1, 4, 4, 1), "p": (1, 4, 4, 2), "y": (1, 3, 3, 3)},
            pad("x", "p", ((0, 0), (0, 0), (0, 0), (0, 1))),
            convolution("p", "y"),
        ),
        graph(
            {"x": (1, 4, 4, 2), "p": (1, 6, 4, 2), "y": (1, 5, 3, 3)},
            pad("x", "p", ((0, 0), (2, 0), (0, 0), (0, 0))),  # as large as the window
            convolution("p", "y"),
        ),
        graph(
            {"x": (1, 4, 4, 2), "p": (1, 6, 6, 2), "y": (1, 3, 3, 2), "z": (1, 5, 5, 3)},
            pad("x", "p", ((0, 0), (1, 1), (1, 1), (0, 0))),
            pool("p", "y"),
            convolution("p", "z"),
            outputs=("y", "z"),
        ),
    ],
    ids=["another value", "an output", "channels", "too large", "a pool"],
)
def test_other_borders_stay(given):
    assert pads_to_convolutions(given).operators == given.operators
