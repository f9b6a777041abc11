"""Gives borders to the convolutions that read them."""

from dataclasses import replace

from zeroleap.gen.geometry import reach
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Graph, Operator, Pad, Padding
from zeroleap.gen.passes.rewriting import rebuild

__all__ = ["pads_to_convolutions"]


def pads_to_convolutions(graph: Graph) -> Graph:
    """Let convolutions read what a Pad reads, with its rows and columns as padding of their own.

    A Pad goes if its border is the zero point and on rows and columns only, and if all that read it
    are convolutions whose windows are larger than all the padding they then have.
    """
    for pad in graph.operators:
        readers = graph.consumers(pad.output)
        if not isinstance(pad, Pad) or pad.output in graph.outputs or not readers:
            continue
        if pad.value != graph.tensors[pad.input].zero_point or len(pad.pads) != 4:
            continue
        fused = {id(reader): _fused(pad, reader) for reader in readers}
        if any(pad.pads[0]) or any(pad.pads[3]) or None in fused.values():
            continue
        rest = (fused.get(id(operator)) or operator for operator in graph if operator is not pad)
        graph = rebuild(graph, rest)
    return graph


def _fused(pad: Pad, reader: Operator) -> Operator | None:
    """Return ``reader`` with the padding of ``pad`` besides its own, if it can have it."""
    if not isinstance(reader, Convolution | DepthwiseConvolution):
        return None
    old, (top, bottom), (left, right) = reader.padding, pad.pads[1], pad.pads[2]
    new = Padding(old.top + top, old.bottom + bottom, old.left + left, old.right + right)
    height, width = reach(reader.weights.shape[1:3], reader.dilation)
    if max(new.top, new.bottom) >= height or max(new.left, new.right) >= width:
        return None
    return replace(reader, inputs=pad.inputs, padding=new)
