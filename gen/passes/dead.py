"""Drops operators whose result nobody reads."""

from zeroleap.gen.ir import Graph, Operator
from zeroleap.gen.passes.rewriting import rebuild

__all__ = ["drop_dead"]


def drop_dead(graph: Graph) -> Graph:
    """Keep what the graph's outputs depend on; the graph's inputs all stay."""
    wanted = set(graph.outputs)
    kept: list[Operator] = []
    for operator in reversed(graph.operators):
        if operator.output in wanted:
            wanted.update(operator.inputs)
            kept.append(operator)
    return rebuild(graph, reversed(kept))
