"""Gives every tensor of the accelerator the shape of a map."""

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
    Tensor,
)
from zeroleap.gen.passes.rewriting import fresh_name, rebuild

__all__ = ["to_maps"]

RANK = 4

ANY_RANK = (Elementwise, Table, Pad, Slice, Concatenate)
"""What may have tensors of fewer axes."""


def to_maps(graph: Graph) -> Graph:
    """Put axes of length 1 before those of tensors that have less than 4.

    An operator then reads and writes maps, with reshapes before and behind it; shapes that were
    broadcast still are.
    """
    operators: list[Operator] = []
    for operator in graph.operators:
        if not isinstance(operator, ANY_RANK):
            operators.append(operator)
            continue
        inputs = []
        for name in operator.inputs:
            graph, read = _as_map(graph, name)
            if read != name and name not in graph.constants:
                operators.append(Reshape(operator.name, operator.source, (name,), read))
            inputs.append(read)
        missing = RANK - len(graph.tensors[operator.output].shape)
        graph, written = _as_map(graph, operator.output)
        operators.append(
            replace(_deeper(operator, missing), inputs=tuple(inputs), output=written)
        )
        if written != operator.output:
            operators.append(
                Reshape(operator.name, operator.source, (written,), operator.output)
            )
    return rebuild(graph, operators)


def _as_map(graph: Graph, name: str) -> tuple[Graph, str]:
    """Return ``graph`` with a map of the tensor ``name``, which may be itself, and its name."""
    tensor = graph.tensors[name]
    missing = RANK - len(tensor.shape)
    if missing <= 0:
        return graph, name
    shape = (*[1] * missing, *tensor.shape)
    wide: Tensor = replace(tensor, name=fresh_name(graph, f"{name}:map"), shape=shape)
    constants = graph.constants
    if name in constants:
        constants = {**constants, wide.name: constants[name].reshape(shape)}
    tensors = {**graph.tensors, wide.name: wide}
    return replace(graph, tensors=tensors, constants=constants), wide.name


def _deeper(operator: Operator, missing: int) -> Operator:
    """Return the operator for tensors with ``missing`` axes more in front."""
    if missing <= 0:
        return operator
    match operator:
        case Concatenate():
            return replace(operator, axis=operator.axis + missing)
        case Pad():
            return replace(operator, pads=((0, 0),) * missing + operator.pads)
        case Slice():
            begin, step = (0,) * missing + operator.begin, (1,) * missing + operator.step
            return replace(operator, begin=begin, step=step)
    return operator
