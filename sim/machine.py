"""Runs a compiled network on the reference: exact values, exact counters, no RTL."""

from collections.abc import Sequence

from zeroleap.gen.image import Image
from zeroleap.gen.ir import Graph
from zeroleap.sim.cycles import predict
from zeroleap.sim.reference.network import run
from zeroleap.sim.runner import Run, Tensors

__all__ = ["ReferenceRunner"]


class ReferenceRunner:
    """Computes values with :mod:`zeroleap.sim.reference`, counters with :mod:`zeroleap.sim.cycles`.

    Parameters
    ----------
    graph : Graph
        Legalised.
    image : Image
        Compiled from it.
    """

    def __init__(self, graph: Graph, image: Image) -> None:
        self._graph = graph
        self._image = image

    def run(self, batch: Sequence[Tensors], *, every_layer: bool = False) -> list[Run]:
        """Run one inference for each set of inputs; see :class:`zeroleap.sim.runner.Runner`."""
        runs = []
        for inputs in batch:
            values = run(self._graph, inputs)
            layers = [layer.output for layer in self._image.layers] if every_layer else []
            runs.append(
                Run(
                    outputs={name: values[name] for name in self._graph.outputs},
                    counters=predict(self._image, values),
                    layers={name: values[name] for name in layers},
                )
            )
        return runs
