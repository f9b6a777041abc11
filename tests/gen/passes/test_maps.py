"""Tensors of few dimensions become maps."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import add, graph, same_results

from zeroleap.gen.ir import Concatenate, Pad, Reshape, Slice, Table, Transpose
from zeroleap.gen.passes import simplify
from zeroleap.gen.passes.maps import raise_to_maps


@pytest.mark.parametrize(
    ("shapes", "operator"),
    [
        (
            {"x": (1, 6), "y": (1, 6)},
            Table("t", "TANH", ("x",), "y", np.arange(-128, 128).astype(np.int8)[::-1]),
        ),
        ({"x": (3, 4), "y": (5, 4)}, Pad("p", "PAD", ("x",), "y", ((0, 2), (0, 0)), 9)),
        ({"x": (3, 4), "y": (3, 8)}, Concatenate("c", "CONCATENATION", ("x", "x"), "y", 1)),
        ({"x": (3, 8), "y": (2, 4)}, Slice("s", "SLICE", ("x",), "y", (2, 0), (-1, 2))),
        ({"x": (2, 3, 4), "y": (2, 3, 4)}, add("x", "x", "y")),
        ({"x": (2, 3, 4), "y": (4, 2, 3)}, Transpose("t", "TRANSPOSE", ("x",), "y", (2, 0, 1))),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_any_operator_is_raised(shapes, operator):
    net = graph(shapes, operator)
    raised = raise_to_maps(net)
    (layer,) = (step for step in raised if not isinstance(step, Reshape))
    for name in (*layer.inputs, layer.output):
        assert len(raised.tensors[name].shape) == 4
    same_results(net, raised)
    same_results(net, simplify(net))


def test_a_constant_is_reshaped_at_compile_time():
    net = graph({"x": (1, 3, 2, 4), "k": (4,), "y": (1, 3, 2, 4)}, add("x", "k", "y"))
    net = replace(net, constants={"k": np.array([1, -50, 100, 7], np.int8)})
    raised = simplify(net)
    _, layer = raised
    assert raised.constants[layer.inputs[1]].shape == (1, 1, 1, 4)
    same_results(net, raised)
