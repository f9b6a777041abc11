"""Gives each operator of two maps a layer on whose way out it can be done."""

from dataclasses import replace

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Elementwise, Graph, MaxPool, Operator, Padding
from zeroleap.gen.passes.rewriting import fresh_name, rebuild
from zeroleap.gen.steps import exchangeable, mains

__all__ = ["insert_copies"]


def insert_copies(graph: Graph) -> Graph:
    """Copy an input, by a MaxPool of one value, where no layer's only reader is the operator.

    Raises
    ------
    InputError
        No input has the output's shape.
    """
    for operator in graph.operators:
        if isinstance(operator, Elementwise) and not mains(graph, operator):
            graph = _with_copy(graph, operator)
    return graph


def _with_copy(graph: Graph, operator: Elementwise) -> Graph:
    names = exchangeable(operator)
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
