"""Passes over the graph, applied in order, with a verifier after each."""

from collections.abc import Callable, Sequence

from zeroleap.gen.ir import Graph
from zeroleap.gen.passes.constant_channels import drop_constant_channels
from zeroleap.gen.passes.copies import insert_copies
from zeroleap.gen.passes.dead import drop_dead
from zeroleap.gen.passes.dense import dense_to_convolution
from zeroleap.gen.passes.edges import split
from zeroleap.gen.passes.layout import drop_identities, merge_reshapes, simplify_transposes
from zeroleap.gen.passes.maps import to_maps
from zeroleap.gen.passes.verify import verify

__all__ = ["PASSES", "WHOLE", "legalise", "split", "verify"]

WHOLE: tuple[Callable[[Graph], Graph], ...] = (
    drop_dead,
    simplify_transposes,
    dense_to_convolution,
    to_maps,
    merge_reshapes,
    drop_identities,
    drop_dead,
    insert_copies,
)
"""What makes a graph legal and leaves every layer all its channels."""

PASSES = (*WHOLE, drop_constant_channels)


def legalise(graph: Graph, passes: Sequence[Callable[[Graph], Graph]] = PASSES) -> Graph:
    """Return ``graph`` as the accelerator runs it.

    Between the edges there are only Convolution, DepthwiseConvolution, MaxPool and AveragePool on
    int8 tensors of shape (1, height, width, channels), and Elementwise of such, each behind one of
    them (`zeroleap.gen.steps`); what the host does (Reshape, Transpose,
    Quantize, Dequantize, Softmax) is at the graph's start and end. Names, shapes and types of
    inputs and outputs stay.

    Parameters
    ----------
    graph : Graph
    passes : sequence of functions from graph to graph
        `PASSES` or, for a graph that has all the model's multiplications, `WHOLE`.

    Raises
    ------
    InputError
        The graph has an operator of the host's in the middle.
    """
    verify(graph)
    for apply in passes:
        graph = verify(apply(graph))
    split(graph)
    return graph
