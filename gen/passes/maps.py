"""Gives tensors of fewer than 4 dimensions the shape of a map."""

from dataclasses import replace

from zeroleap.gen.ir import (
    Concatenate,
    Elementwise,
    Graph,
    Operator,
    Pad,
    Reshape,
    Slice,
    Table,
    Transpose,
)
from zeroleap.gen.passes.rewriting import fresh_name, rebuild

__all__ = ["raise_to_maps"]

RAISED = (Elementwise, Table, Pad, Concatenate, Slice, Transpose)


def raise_to_maps(graph: Graph) -> Graph:
    """Let operators that work on any shape work on 4 dimensions, with Reshapes around them.

    Axes of length 1 come before the tensor's own. Constants are reshaped here and now.
    """
    operators: list[Operator] = []
    for operator in graph.operators:
        rank = len(graph.tensors[operator.output].shape)
        ranks = {len(graph.tensors[name].shape) for name in operator.inputs}
        if not isinstance(operator, RAISED) or rank > 4 or ranks == {4}:
            operators.append(operator)
            continue
        inputs = []
        for name in operator.inputs:
            graph, raised = _raised(graph, name)
            inputs.append(raised)
            if raised != name and name not in graph.constants:
                operators.append(Reshape(operator.name, operator.source, (name,), raised))
        graph, output = _raised(graph, operator.output)
        operators.append(
            replace(_with_axes(operator, 4 - rank), inputs=tuple(inputs), output=output)
        )
        if output != operator.output:
            operators.append(Reshape(operator.name, operator.source, (output,), operator.output))
    return rebuild(graph, operators)


def _raised(graph: Graph, name: str) -> tuple[Graph, str]:
    """Return the graph with another tensor of 4 dimensions for ``name``, and its name."""
    tensor = graph.tensors[name]
    missing = 4 - len(tensor.shape)
    if missing == 0:
        return graph, name
    new = replace(
        tensor, name=fresh_name(graph, f"{name}:map"), shape=(1,) * missing + tensor.shape
    )
    constants = dict(graph.constants)
    if name in constants:
        constants[new.name] = constants[name].reshape(new.shape)
    graph = replace(graph, tensors={**graph.tensors, new.name: new}, constants=constants)
    return graph, new.name


def _with_axes(operator: Operator, missing: int) -> Operator:
    """Return ``operator`` for ``missing`` more axes of length 1 before the others."""
    if isinstance(operator, Pad):
        return replace(operator, pads=((0, 0),) * missing + operator.pads)
    if isinstance(operator, Concatenate):
        return replace(operator, axis=operator.axis + missing)
    if isinstance(operator, Transpose):
        moved = tuple(axis + missing for axis in operator.permutation)
        return replace(operator, permutation=(*range(missing), *moved))
    if isinstance(operator, Slice):
        begin, step = (0,) * missing + operator.begin, (1,) * missing + operator.step
        return replace(operator, begin=begin, step=step)
    return operator
