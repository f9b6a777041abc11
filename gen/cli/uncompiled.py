"""A model on the reference alone, where no engine was compiled for it."""

from dataclasses import dataclass
from typing import Any

from zeroleap.gen.cli.network import Uncompiled
from zeroleap.gen.report import table
from zeroleap.sim.reference.macs import effectual_macs, macs
from zeroleap.sim.reference.network import run
from zeroleap.sim.runner import Tensors

__all__ = ["ReferenceReport", "run_uncompiled"]

COLUMNS = ("layer", "op", "output", "MACs", "effectual")


@dataclass(frozen=True)
class ReferenceReport:
    """What is known of a network without an engine.

    Parameters
    ----------
    model : str
    input : str
        What the effectual MACs were counted on.
    reason : str
        Why there is no engine.
    layers : tuple of (str, str, tuple of int, int, int)
        Name, operator, output's shape, MACs and effectual MACs.
    """

    model: str
    input: str
    reason: str
    layers: tuple[tuple[str, str, tuple[int, ...], int, int], ...]

    @property
    def macs(self) -> int:
        """Multiplications of all layers."""
        return sum(layer[3] for layer in self.layers)

    @property
    def effectual_macs(self) -> int:
        """Those of `macs` that contribute to a result."""
        return sum(layer[4] for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """Give the report under the names of the command's ``--json``; there are no cycles."""
        names = ("name", "op", "shape", "macs", "effectual_macs")
        return {
            "model": self.model,
            "input": self.input,
            "macs": self.macs,
            "effectual_macs": self.effectual_macs,
            "cycles": None,
            "not_compiled": self.reason,
            "layers": [dict(zip(names, layer, strict=True)) for layer in self.layers],
        }

    def to_text(self) -> str:
        """Give a heading and a row a layer."""
        rows: list[tuple[Any, ...]] = [
            (name, op, "x".join(map(str, shape)), asked, effectual)
            for name, op, shape, asked, effectual in self.layers
        ]
        rows.append(("all", "", "", self.macs, self.effectual_macs))
        heading = f"{self.model} on the reference; input: {self.input}\nno cycles: {self.reason}"
        return f"{heading}\n\n{table(COLUMNS, rows)}"


def run_uncompiled(
    network: Uncompiled, inputs: Tensors, described: str
) -> tuple[Tensors, ReferenceReport]:
    """Return the model's outputs, and what is known of its layers on ``inputs``."""
    graph = network.whole
    values = run(graph, inputs)
    layers = tuple(
        (
            operator.name,
            operator.source,
            graph.tensors[operator.output].shape,
            macs(graph, operator),
            effectual_macs(graph, operator, values[operator.input]),
        )
        for operator in graph
    )
    report = ReferenceReport(network.file.name, described, network.reason, layers)
    return {name: values[name] for name in graph.outputs}, report
