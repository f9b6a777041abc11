"""Passes over the graph, applied in order, with a verifier after each."""

from collections.abc import Callable, Sequence

from zeroleap.gen.ir import Graph
from zeroleap.gen.passes.constant_channels import drop_constant_channels
from zeroleap.gen.passes.copies import insert_copies
from zeroleap.gen.passes.dead import drop_dead
from zeroleap.gen.passes.dense import dense_to_convolution
from zeroleap.gen.passes.edges import split
from zeroleap.gen.passes.kernels import expand_kernels
from zeroleap.gen.passes.layout import (
    drop_identities,
    merge_reshapes,
    merge_transposes,
    simplify_transposes,
)
from zeroleap.gen.passes.maps import raise_to_maps
from zeroleap.gen.passes.pads import pads_to_convolutions
from zeroleap.gen.passes.rearrange import merge_rearrangements
from zeroleap.gen.passes.verify import verify

__all__ = ["NARROWING", "PASSES", "WHOLE", "legalise", "simplify", "split", "verify"]

WHOLE: tuple[Callable[[Graph], Graph], ...] = (
    drop_dead,
    merge_transposes,
    simplify_transposes,
    pads_to_convolutions,
    dense_to_convolution,
    raise_to_maps,
    merge_reshapes,
    drop_identities,
    merge_rearrangements,
    drop_identities,
    drop_dead,
    insert_copies,
)
"""What makes a graph legal and leaves every layer all its channels."""

NARROWING = (expand_kernels, drop_constant_channels)
"""What follows on a graph that has been through `WHOLE`; products are no longer the model's."""

PASSES = (*WHOLE, *NARROWING)


def simplify(graph: Graph, passes: Sequence[Callable[[Graph], Graph]] = PASSES) -> Graph:
    """Return ``graph`` after ``passes``, verified after each. It means the same.

    Parameters
    ----------
    graph : Graph
    passes : sequence of functions from graph to graph
        `PASSES` or, for a graph that has all the model's multiplications, `WHOLE`.
    """
    verify(graph)
    for apply in passes:
        graph = verify(apply(graph))
    return graph


def legalise(graph: Graph, passes: Sequence[Callable[[Graph], Graph]] = PASSES) -> Graph:
    """Return ``graph`` as the accelerator runs it: simplified, and what the host does at its edges.

    Between the edges there are only `zeroleap.gen.passes.edges.CORE` on int8 tensors of shape (1,
    height, width, channels), each Elementwise and Table behind a layer (`zeroleap.gen.steps`), and
    Reshapes that move nothing; what the host does (Reshape, Transpose,
    Quantize, Dequantize, Softmax, LogSoftmax, ArgMax) is at the graph's start and end. Names,
    shapes and types of inputs and outputs stay.

    Raises
    ------
    InputError
        The graph has an operator that the accelerator does not do, or one of the host's in the
        middle.
    """
    graph = simplify(graph, passes)
    split(graph)
    return graph
