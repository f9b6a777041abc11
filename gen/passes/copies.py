"""Gives each operator that is done on a way out a layer that it can follow."""

from dataclasses import replace

from zeroleap.gen.ir import Elementwise, Graph, MaxPool, Operator, Padding, Table
from zeroleap.gen.passes.rewriting import fresh_name, rebuild
from zeroleap.gen.steps import followed

__all__ = ["insert_copies"]


def insert_copies(graph: Graph) -> Graph:
    """Copy an input, by a MaxPool of one value, where an Elementwise or Table follows no layer.

    An operator of which no input has the output's shape is left as it is; no engine does it.
    """
    for operator in graph.operators:
        if isinstance(operator, Elementwise | Table) and followed(graph, operator) is None:
            graph = _with_copy(graph, operator)
    return graph


def _with_copy(graph: Graph, operator: Elementwise | Table) -> Graph:
    shape = graph.tensors[operator.output].shape
    whole = [name for name in operator.inputs if graph.tensors[name].shape == shape]
    if not whole:
        return graph
    copied = fresh_name(graph, whole[0])
    copy = MaxPool(
        f"{operator.name} (copy)",
        operator.source,
        (whole[0],),
        copied,
        (1, 1),
        (1, 1),
        Padding(),
        (-128, 127),
    )
    inputs = list(operator.inputs)
    inputs[inputs.index(whole[0])] = copied
    reader = replace(operator, inputs=tuple(inputs))
    operators: list[Operator] = []
    for each in graph:
        operators += [copy, reader] if each is operator else [each]
    return rebuild(graph, operators, [replace(graph.tensors[whole[0]], name=copied)])
