"""One engine, tried on a batch of inputs, on the reference and on the Verilog."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from zeroleap.gen.cli.compare import Difference, differences
from zeroleap.gen.cli.measure import measure
from zeroleap.gen.cli.network import Network
from zeroleap.gen.cli.simulators import runner
from zeroleap.gen.report import Report, mean_report
from zeroleap.sim.reference.network import run as run_reference
from zeroleap.sim.runner import Tensors

__all__ = ["Trial", "attempt", "images_of", "reference_classes"]


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of it.

    Parameters
    ----------
    network : Network
    report : Report
        Mean over the images.
    classes : list of int
        The Verilog's answers.
    found : list of Difference
        Between the Verilog and the reference, over all images.
    values, counters : int
        How many of each were compared.
    """

    network: Network
    report: Report
    classes: list[int]
    found: list[Difference]
    values: int
    counters: int


def attempt(network: Network, batch: Sequence[Tensors], simulator: str) -> Trial:
    """Run a batch on the Verilog, in one simulation, and hold it against the reference."""
    expected = runner(network, "reference").run(batch, every_layer=True)
    got = runner(network, simulator).run(batch, every_layer=True)
    reports = [
        measure(network, inputs, done.counters, "one image")
        for inputs, done in zip(batch, got, strict=True)
    ]
    pairs = list(zip(expected, got, strict=True))
    tensors = [*expected[0].layers.values(), *expected[0].outputs.values()]
    return Trial(
        network,
        mean_report(reports, f"mean of {len(batch)} images"),
        [answer(network, done.outputs) for done in got],
        [difference for pair in pairs for difference in differences(network, *pair)],
        len(batch) * sum(tensor.size for tensor in tensors),
        len(batch) * sum(len(vars(counted)) for counted in expected[0].counters),
    )


def images_of(network: Network, images: npt.NDArray[Any]) -> list[Tensors]:
    """Give each image as the inputs of one inference."""
    [name] = network.graph.inputs
    return [{name: images[at : at + 1]} for at in range(len(images))]


def reference_classes(network: Network, batch: Sequence[Tensors]) -> list[int]:
    """Answer with the int8 reference."""
    return [answer(network, run_reference(network.graph, inputs)) for inputs in batch]


def answer(network: Network, outputs: Tensors) -> int:
    """Read the class off the scores."""
    return int(outputs[network.graph.outputs[0]].argmax())
