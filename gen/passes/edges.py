"""Cuts a graph into what the host does and what the accelerator does."""

from collections.abc import Sequence
from dataclasses import replace

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import (
    ArgMax,
    Dequantize,
    Elementwise,
    Graph,
    Interpolate,
    LogSoftmax,
    Operator,
    Quantize,
    Reshape,
    Softmax,
    Table,
    Transpose,
    TransposedConvolution,
)
from zeroleap.gen.moves import COPIES
from zeroleap.gen.steps import LAYERS, is_alias

__all__ = ["CORE", "downstream", "is_core", "split"]

CORE = (*LAYERS, *COPIES, Elementwise, Interpolate, Table, TransposedConvolution)
"""Done by the accelerator; and a Reshape between them that moves nothing."""
SCORES = (ArgMax, LogSoftmax, Softmax)
"""Done by the host, at the end only."""
HOST = (*SCORES, Dequantize, Quantize, Reshape, Transpose)


def split(graph: Graph) -> tuple[tuple[Operator, ...], Graph, tuple[Operator, ...]]:
    """Return the host's operators before, the accelerator's graph, and the host's after.

    The core's inputs and outputs are the tensors that cross the cut, in the order in which they
    are first read and written. Its tensors are int8 of shape (1, height, width, channels).

    Raises
    ------
    InputError
        An operator is done by neither, one of the host's stands between two of the accelerator's or
        one of `SCORES` before one, a tensor of the core has another shape or type, or there is
        nothing for the accelerator to do.
    """
    for operator in graph:
        if not isinstance(operator, CORE + HOST):
            raise InputError(
                f"{graph.name}: layer {operator.name!r} ({operator.source}): {operator.kind} is not"
                " done by the accelerator yet; 'run --on reference' accepts it"
            )
    cores = _cores(graph)
    others = [operator for operator in graph if operator not in cores]
    if not cores:
        raise InputError(
            f"{graph.name}: there is nothing to accelerate; at least one convolution, dense layer"
            " or pool is needed"
        )
    computed = {operator.output for operator in cores}
    behind = downstream(graph, computed)
    before = tuple(operator for operator in others if operator.output not in behind)
    after = tuple(operator for operator in others if operator.output in behind)
    scores = {operator.output for operator in others if isinstance(operator, SCORES)}
    late = downstream(graph, computed | scores) - computed
    for operator in cores:
        for name in operator.inputs:
            if name in late:
                raise InputError(_between(graph, operator, name, others))
    core = _core(graph, cores, after)
    for tensor in core.tensors.values():
        if tensor.dtype != "int8" or len(tensor.shape) != 4 or tensor.shape[0] != 1:
            raise InputError(
                f"{graph.name}: tensor {tensor.name!r} is {tensor.dtype} of shape {tensor.shape};"
                " the accelerator takes int8 of shape (1, height, width, channels)"
            )
    return before, core, after


def is_core(operator: Operator) -> bool:
    """Tell whether the accelerator does it, wherever it stands."""
    return isinstance(operator, CORE)


def _cores(graph: Graph) -> list[Operator]:
    """Return what the accelerator does; a Reshape only between others, where it moves nothing."""
    cores = [operator for operator in graph if isinstance(operator, CORE)]
    behind = downstream(graph, {operator.output for operator in cores})
    before = _upstream(graph, {name for operator in cores for name in operator.inputs})
    return [
        operator
        for operator in graph
        if isinstance(operator, CORE)
        or (operator.output in behind & before and is_alias(graph, operator))
    ]


def _upstream(graph: Graph, names: set[str]) -> set[str]:
    reached = set(names)
    for operator in reversed(graph.operators):
        if operator.output in reached:
            reached.update(operator.inputs)
    return reached


def downstream(graph: Graph, names: set[str]) -> set[str]:
    """Return ``names`` and the tensors that depend on any of them."""
    reached = set(names)
    for operator in graph:
        if reached.intersection(operator.inputs):
            reached.add(operator.output)
    return reached


def _between(graph: Graph, reader: Operator, name: str, others: Sequence[Operator]) -> str:
    """Blame the host operator that ``name`` comes from: a Reshape only if it is the only one."""
    writers = {operator.output: operator for operator in others}
    culprit = writers[name]
    while isinstance(culprit, Reshape) and culprit.input in writers:
        culprit = writers[culprit.input]
    accepted = "end" if isinstance(culprit, SCORES) else "start and end"
    return (
        f"{graph.name}: layer {culprit.name!r} ({culprit.source}): {culprit.kind} before layer"
        f" {reader.name!r} ({reader.source}) is in the middle of the network; it is accepted only"
        f" at the network's {accepted}"
    )


def _core(graph: Graph, cores: Sequence[Operator], after: tuple[Operator, ...]) -> Graph:
    written = [operator.output for operator in cores]
    reads = dict.fromkeys(name for operator in cores for name in operator.inputs)
    constants = {name: values for name, values in graph.constants.items() if name in reads}
    wanted = {*graph.outputs, *(name for operator in after for name in operator.inputs)}
    return replace(
        graph,
        operators=tuple(cores),
        inputs=tuple(name for name in reads if name not in {*written, *constants}),
        outputs=tuple(name for name in written if name in wanted),
        tensors={name: graph.tensors[name] for name in dict.fromkeys([*reads, *written])},
        constants=constants,
    )
