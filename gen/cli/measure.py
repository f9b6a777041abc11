"""Puts together what is reported of a network: the graph's figures and a run's counters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from zeroleap.gen.cli.network import Network
from zeroleap.gen.image import Image, ImageLayer
from zeroleap.gen.ir import Graph, Operator
from zeroleap.gen.report import LayerReport, Report
from zeroleap.hw.config import WORD_BYTES
from zeroleap.sim.reference.macs import effectual_macs, macs
from zeroleap.sim.reference.network import run as run_reference
from zeroleap.sim.runner import Counters

__all__ = ["measure"]


def measure(
    network: Network,
    inputs: Mapping[str, npt.NDArray[Any]],
    counters: Sequence[Counters],
    described: str,
) -> Report:
    """Report one inference.

    MACs are the model's own; all else is of the channels that the engine computes.

    Parameters
    ----------
    network : Network
    inputs : mapping of name to array
        What it was run on.
    counters : sequence of Counters
        One for each layer of the network's image.
    described : str
        What ``inputs`` are, for the reader.
    """
    graph, config = network.graph, network.image.config
    values = run_reference(graph, inputs)
    layers = []
    for layer, counted in zip(network.image.layers, counters, strict=True):
        whole, computed = (
            [_writer(form, name) for name in layer.computed] for form in (network.whole, graph)
        )
        layers.append(
            LayerReport(
                name=layer.name,
                op=layer.op,
                shape=graph.tensors[layer.output].shape,
                macs=sum(macs(network.whole, operator) for operator in whole),
                effectual_macs=sum(
                    effectual_macs(graph, operator, values[operator.input]) for operator in computed
                ),
                cycles=counted.cycles,
                bytes_moved=config.read_words * WORD_BYTES * counted.words_read
                + counted.words_written,
                sram_bytes=sram_bytes(network.image, layer),
            )
        )
    return Report(
        model=network.file.name,
        config=config.name,
        sparsity=config.sparsity,
        lanes=config.lanes,
        input=described,
        layers=tuple(layers),
    )


def _writer(graph: Graph, tensor: str) -> Operator:
    return next(operator for operator in graph if operator.output == tensor)


def sram_bytes(image: Image, layer: ImageLayer) -> int:
    """Count the SRAM of a layer's input, output (channels in whole words) and weights."""
    words = sum(image.placements[name].words for name in (*layer.inputs, layer.output))
    return WORD_BYTES * words + layer.weight_bytes
