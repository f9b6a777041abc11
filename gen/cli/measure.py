"""Puts together what is reported of a network: the graph's figures and a run's counters."""

from collections.abc import Mapping, Sequence
from itertools import groupby
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

    MACs are the model's own; all else is of the channels that the engine computes. What takes the
    engine several layers, as a copy of several parts, is reported as one.

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
    counted = zip(network.image.layers, counters, strict=True)
    for output, pairs in groupby(counted, key=lambda pair: pair[0].output):
        steps, counts = zip(*pairs, strict=True)
        whole, computed = (
            [_writer(form, name) for step in steps for name in step.computed]
            for form in (network.whole, graph)
        )
        read = sum(each.words_read for each in counts)
        layers.append(
            LayerReport(
                name=steps[0].name,
                op=steps[0].op,
                shape=graph.tensors[output].shape,
                macs=sum(macs(network.whole, operator) for operator in whole),
                effectual_macs=sum(
                    effectual_macs(graph, operator, values[operator.input]) for operator in computed
                ),
                cycles=sum(each.cycles for each in counts),
                bytes_moved=config.read_words * WORD_BYTES * read
                + sum(each.words_written for each in counts),
                sram_bytes=sram_bytes(network.image, steps),
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


def sram_bytes(image: Image, steps: Sequence[ImageLayer]) -> int:
    """Count the SRAM of inputs, output (channels in whole words) and weights of its layers."""
    names = {name for step in steps for name in (*step.inputs, step.output)}
    words = sum(image.placements[name].words for name in names)
    return WORD_BYTES * words + sum(step.weight_bytes for step in steps)
