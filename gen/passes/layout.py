"""Makes operators that only move data fewer and simpler."""

from dataclasses import replace

from zeroleap.gen.ir import Graph, Operator, Quantize, Reshape, Slice, Transpose
from zeroleap.gen.passes.rewriting import rebuild, rename

__all__ = ["drop_identities", "merge_reshapes", "merge_transposes", "simplify_transposes"]


def simplify_transposes(graph: Graph) -> Graph:
    """Turn a Transpose that moves only axes of length 1 into a Reshape."""
    operators: list[Operator] = []
    for operator in graph:
        if isinstance(operator, Transpose):
            shape = graph.tensors[operator.input].shape
            moved = [axis for axis in operator.permutation if shape[axis] > 1]
            if moved == sorted(moved):
                operator = Reshape(operator.name, operator.source, operator.inputs, operator.output)
        operators.append(operator)
    return rebuild(graph, operators)


def merge_transposes(graph: Graph) -> Graph:
    """Let a Transpose of a Transpose read what the first one reads."""
    done: dict[str, Transpose] = {}
    operators: list[Operator] = []
    for operator in graph:
        if isinstance(operator, Transpose):
            first = done.get(operator.input)
            if first is not None:
                permutation = tuple(first.permutation[axis] for axis in operator.permutation)
                operator = replace(operator, inputs=first.inputs, permutation=permutation)
            done[operator.output] = operator
        operators.append(operator)
    return rebuild(graph, operators)


def merge_reshapes(graph: Graph) -> Graph:
    """Let a Reshape of a Reshape read what the first one reads."""
    origin: dict[str, str] = {}
    operators: list[Operator] = []
    for operator in graph:
        if isinstance(operator, Reshape):
            source = origin.get(operator.input, operator.input)
            origin[operator.output] = source
            operator = Reshape(operator.name, operator.source, (source,), operator.output)
        operators.append(operator)
    return rebuild(graph, operators)


def drop_identities(graph: Graph) -> Graph:
    """Drop a Reshape, Quantize or Slice to what its input already is.

    The names of the graph's inputs and outputs stay: an output takes the place of the tensor that
    it equals, and only between an input and an output (or two outputs) does the operator remain.
    """
    edge = {*graph.inputs, *graph.outputs}
    for operator in graph.operators:
        current = next(op for op in graph if op.output == operator.output)
        if not _is_identity(graph, current):
            continue
        old, new = current.output, current.input
        if old in edge:
            old, new = new, old
        if old in edge:
            continue
        rest = (op for op in graph if op is not current)
        graph = rebuild(graph, rename(rest, old, new))
    return graph


def _is_identity(graph: Graph, operator: Operator) -> bool:
    source, target = graph.tensors[operator.input], graph.tensors[operator.output]
    if isinstance(operator, Slice) and min(operator.step, default=1) < 1:
        return False
    return (
        isinstance(operator, Reshape | Quantize | Slice)
        and source.dtype == target.dtype
        and (source.shape, source.scale, source.zero_point)
        == (target.shape, target.scale, target.zero_point)
    )
