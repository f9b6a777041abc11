"""Integer inputs that are moved before they are dequantised, as tf2onnx writes them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from onnx import NodeProto

from zeroleap.gen.frontend.names import first_free

__all__ = ["dequantised_first"]

MOVES = ("Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
"""What changes no element, so that it may as well come after a DequantizeLinear of one scale."""


def dequantised_first(
    nodes: Sequence[Any], inputs: Collection[str], names: Collection[str]
) -> Iterator[tuple[int, Any]]:
    """Give the nodes, with their numbers in the file, moves of ``inputs`` after DequantizeLinear.

    Parameters
    ----------
    nodes : sequence of NodeProto
    inputs : collection of str
        Integer inputs of the model.
    names : collection of str
        Names that are taken.
    """
    moved: dict[str, list[tuple[int, Any]]] = {name: [] for name in inputs}
    taken = set(names)
    for index, node in enumerate(nodes):
        chain = moved.get(node.input[0]) if node.input else None
        if chain is None:
            yield index, node
        elif node.op_type in MOVES and len(node.output) == 1:
            moved[node.output[0]] = [*chain, (index, node)]
        elif node.op_type == "DequantizeLinear" and len(node.output) == 1:
            yield from _swapped(index, node, chain, taken)
        else:
            yield from chain
            yield index, node


def _swapped(
    index: int, node: Any, chain: Sequence[tuple[int, Any]], taken: set[str]
) -> Iterator[tuple[int, Any]]:
    """Give a DequantizeLinear of the chain's beginning, and then the chain."""
    names = [node.output[0]]
    for _ in chain:
        names.insert(0, first_free(f"{node.output[0]}:moved", taken))
        taken.add(names[0])
    origin = chain[0][1].input[0] if chain else node.input[0]
    yield index, _renamed(node, origin, names[0])
    for (place, move), source, target in zip(chain, names, names[1:], strict=False):
        yield place, _renamed(move, source, target)


def _renamed(node: Any, source: str, target: str) -> Any:
    copy = NodeProto()
    copy.CopyFrom(node)
    copy.input[0], copy.output[0] = source, target
    return copy
