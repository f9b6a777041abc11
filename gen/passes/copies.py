"""Gives each operator that is done on a way out a layer that it can follow."""

from dataclasses import replace

import numpy as np

from zeroleap.gen.ir import Elementwise, Graph, Maximum, MaxPool, Operator, Padding, Table
from zeroleap.gen.passes.rewriting import fresh_name, rebuild
from zeroleap.gen.steps import followed

__all__ = ["insert_copies"]


def insert_copies(graph: Graph) -> Graph:
    """Copy an input, by a MaxPool of one value, where an Elementwise or Table follows no layer.

    If both inputs are repeated, the first is made whole before: the larger of it and of a constant
    that has the smallest value everywhere.
    """
    for operator in graph.operators:
        if not isinstance(operator, Elementwise | Table) or followed(graph, operator) is not None:
            continue
        shape = graph.tensors[operator.output].shape
        if all(graph.tensors[name].shape != shape for name in operator.inputs):
            graph, operator = _with_whole(graph, operator)
        if followed(graph, operator) is None:
            graph = _with_copy(graph, operator)
    return graph


def _with_whole(graph: Graph, operator: Operator) -> tuple[Graph, Operator]:
    """Repeat the first input by an operator of its own; return the reader of what comes of it."""
    first, shape = graph.tensors[operator.input], graph.tensors[operator.output].shape
    low = replace(first, name=fresh_name(graph, f"{first.name}:low"), shape=shape)
    whole = replace(first, name=fresh_name(graph, f"{first.name}:whole"), shape=shape)
    names = (low.name, first.name)
    repeat = Maximum(f"{operator.name} (repeated)", operator.source, names, whole.name, (-128, 127))
    reader = replace(operator, inputs=(whole.name, *operator.inputs[1:]))
    constants = {**graph.constants, low.name: np.full(shape, -128, np.int8)}
    graph = replace(graph, constants=constants)
    operators = _replaced(graph, operator, [repeat, reader])
    return _with_copy(rebuild(graph, operators, [low, whole]), repeat), reader


def _with_copy(graph: Graph, operator: Operator) -> Graph:
    shape = graph.tensors[operator.output].shape
    source = next(name for name in operator.inputs if graph.tensors[name].shape == shape)
    copied = fresh_name(graph, source)
    copy = MaxPool(
        f"{operator.name} (copy)",
        operator.source,
        (source,),
        copied,
        (1, 1),
        (1, 1),
        Padding(),
        (-128, 127),
    )
    inputs = list(operator.inputs)
    inputs[inputs.index(source)] = copied
    reader = replace(operator, inputs=tuple(inputs))
    operators = _replaced(graph, operator, [copy, reader])
    return rebuild(graph, operators, [replace(graph.tensors[source], name=copied)])


def _replaced(graph: Graph, operator: Operator, by: list[Operator]) -> list[Operator]:
    return [new for each in graph for new in (by if each is operator else [each])]
