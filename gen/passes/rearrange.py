"""Makes one operator of the reshapes and transposes between two of the accelerator's."""

import numpy as np

from zeroleap.gen.ir import Graph, Operator, Rearrange, Reshape, Transpose
from zeroleap.gen.passes.edges import downstream, is_core
from zeroleap.gen.passes.rewriting import rebuild
from zeroleap.gen.steps import is_alias

__all__ = ["merge_rearrangements"]


def merge_rearrangements(graph: Graph) -> Graph:
    """Replace what moves elements between the accelerator's operators by a Rearrange.

    A Reshape that leaves all bytes in their places stays one. What comes before the first of the
    accelerator's operators, or after the last, is the host's, and stays too.
    """
    cores = [operator for operator in graph if is_core(operator)]
    computed = downstream(graph, {operator.output for operator in cores})
    moved: dict[str, Operator] = {}
    for name in dict.fromkeys(name for operator in cores for name in operator.inputs):
        chain = _chain(graph, name)
        if chain and chain[0].input in computed:
            moved[name] = _merged(graph, chain)
    return rebuild(graph, (moved.get(operator.output, operator) for operator in graph))


def _chain(graph: Graph, name: str) -> list[Operator]:
    """Return the reshapes and transposes that end with tensor ``name``, in order."""
    chain: list[Operator] = []
    writer = graph.producer(name)
    while isinstance(writer, Reshape | Transpose):
        chain.insert(0, writer)
        writer = graph.producer(writer.input)
    return chain


def _merged(graph: Graph, chain: list[Operator]) -> Operator:
    first, last = chain[0], chain[-1]
    source, target = graph.tensors[first.input], graph.tensors[last.output]
    order = np.arange(source.size)
    for operator in chain:
        order = order.reshape(graph.tensors[operator.input].shape)
        if isinstance(operator, Transpose):
            order = order.transpose(operator.permutation)
    order = order.reshape(-1)
    if (order == np.arange(source.size)).all():
        reshape = Reshape(last.name, last.source, first.inputs, last.output)
        if is_alias(graph, reshape) or source.shape == target.shape:
            return reshape
    return Rearrange(last.name, last.source, first.inputs, last.output, order)
