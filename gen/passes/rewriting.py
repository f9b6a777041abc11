"""What passes have in common: a graph with some operators or tensors changed."""

from collections.abc import Iterable
from dataclasses import replace

from zeroleap.gen.ir import Graph, Operator, Tensor

__all__ = ["fresh_name", "rebuild", "rename"]


def rebuild(
    graph: Graph, operators: Iterable[Operator], more_tensors: Iterable[Tensor] = ()
) -> Graph:
    """Return ``graph`` with ``operators``, and of the tensors those that are still used."""
    operators = tuple(operators)
    used = {*graph.inputs, *graph.outputs}
    for operator in operators:
        used.update(operator.inputs, (operator.output,))
    tensors = {**graph.tensors, **{tensor.name: tensor for tensor in more_tensors}}
    kept = {name: tensor for name, tensor in tensors.items() if name in used}
    constants = {name: values for name, values in graph.constants.items() if name in used}
    return replace(graph, operators=operators, tensors=kept, constants=constants)


def rename(operators: Iterable[Operator], old: str, new: str) -> tuple[Operator, ...]:
    """Return ``operators`` that read and write ``new`` where they read and wrote ``old``."""
    return tuple(
        replace(
            operator,
            inputs=tuple(new if name == old else name for name in operator.inputs),
            output=new if operator.output == old else operator.output,
        )
        for operator in operators
    )


def fresh_name(graph: Graph, name: str) -> str:
    """Return ``name``, or the first of ``name#2``, ``name#3`` … that no tensor has."""
    candidate, count = name, 1
    while candidate in graph.tensors:
        count += 1
        candidate = f"{name}#{count}"
    return candidate
