"""Gives each operator that is done on a way out a layer that it can follow."""

from dataclasses import replace

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Elementwise, Graph, MaxPool, Operator, Padding, Subtract, Table
from zeroleap.gen.passes.rewriting import fresh_name, rebuild
from zeroleap.gen.steps import followed

__all__ = ["insert_copies"]


def insert_copies(graph: Graph) -> Graph:
    """Copy an input, by a MaxPool of one value, where an Elementwise or Table follows no layer.

    Raises
    ------
    InputError
        No input has the output's shape.
    """
    for operator in graph.operators:
        if isinstance(operator, Elementwise | Table) and followed(graph, operator) is None:
            graph = _with_copy(graph, operator)
    return graph


def _with_copy(graph: Graph, operator: Elementwise | Table) -> Graph:
    names = operator.inputs[:1] if isinstance(operator, Subtract) else operator.inputs
    shape = graph.tensors[operator.output].shape
    whole = [name for name in names if graph.tensors[name].shape == shape]
    if not whole:
        raise InputError(
            f"{graph.name}: layer {operator.name!r} ({operator.source}): input has shape"
            f" {graph.tensors[names[0]].shape}; the output's, {shape}, is accepted"
        )
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
