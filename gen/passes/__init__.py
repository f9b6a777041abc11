"""Passes over the graph, applied in order, with a verifier after each."""

from collections.abc import Callable

from zeroleap.gen.ir import Graph
from zeroleap.gen.passes.dead import drop_dead
from zeroleap.gen.passes.dense import dense_to_convolution
from zeroleap.gen.passes.edges import split
from zeroleap.gen.passes.layout import drop_identities, merge_reshapes, simplify_transposes
from zeroleap.gen.passes.verify import verify

__all__ = ["PASSES", "legalise", "split", "verify"]

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    drop_dead,
    simplify_transposes,
    dense_to_convolution,
    merge_reshapes,
    drop_identities,
    drop_dead,
)


def legalise(graph: Graph) -> Graph:
    """Return ``graph`` as the accelerator runs it.

    Between the edges there are only Convolution, DepthwiseConvolution, MaxPool and AveragePool on
    int8 tensors of shape (1, height, width, channels); what the host does (Reshape, Transpose,
    Quantize, Dequantize, Softmax) is at the graph's start and end. Names, shapes and types of
    inputs and outputs stay.

    Raises
    ------
    InputError
        The graph has an operator of the host's in the middle.
    """
    verify(graph)
    for apply in PASSES:
        graph = verify(apply(graph))
    split(graph)
    return graph
