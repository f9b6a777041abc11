"""What is known about a network on an engine, as data, as JSON and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["LayerReport", "Report", "mean_report", "percent", "table"]


@dataclass(frozen=True)
class LayerReport:
    """One layer on the engine.

    Parameters
    ----------
    name, op : str
        The model's name for the layer, and the kind of operator.
    shape : tuple of int
        Of its output, channels last.
    macs, effectual_macs : int
        Multiplications of the layer in the model, and those of them that contribute to its result
        and were not done at compile time (`zeroleap.gen.passes.constant_channels`).
    cycles : int
    bytes_moved : int
        Read from and written to the activation SRAM; read in words, written in bytes.
    sram_bytes : int
        SRAM that its input, output and weights take; the largest layer's stands in the total.
    """

    name: str
    op: str
    shape: tuple[int, ...]
    macs: int
    effectual_macs: int
    cycles: int
    bytes_moved: int
    sram_bytes: int

    def to_json(self, lanes: int) -> dict[str, Any]:
        """Give the layer under the names of the command's ``--json``."""
        return {
            "name": self.name,
            "op": self.op,
            "shape": list(self.shape),
            "lanes": lanes,
            "multipliers": lanes,
            "macs": self.macs,
            "effectual_macs": self.effectual_macs,
            "cycles": self.cycles,
            "utilization": utilization(self.effectual_macs, lanes, self.cycles),
            "bytes_moved": self.bytes_moved,
            "sram_bytes": self.sram_bytes,
        }


@dataclass(frozen=True)
class Report:
    """A network on an engine; the layers are in the order in which they run.

    ``multipliers`` are the hardware multipliers of the lanes: one each. ``input`` says what the
    data dependent figures were measured on.
    """

    model: str
    config: str
    sparsity: str
    lanes: int
    input: str
    layers: tuple[LayerReport, ...]

    @property
    def macs(self) -> int:
        """Multiplications of all layers."""
        return sum(layer.macs for layer in self.layers)

    @property
    def effectual_macs(self) -> int:
        """Those of `macs` that contribute to a result."""
        return sum(layer.effectual_macs for layer in self.layers)

    @property
    def cycles(self) -> int:
        """Cycles of all layers."""
        return sum(layer.cycles for layer in self.layers)

    @property
    def utilization(self) -> float:
        """``effectual_macs / (lanes * cycles)``: 1 is the limit."""
        return utilization(self.effectual_macs, self.lanes, self.cycles)

    def to_json(self) -> dict[str, Any]:
        """Give the report under the names of the command's ``--json``."""
        return {
            "model": self.model,
            "config": self.config,
            "sparsity": self.sparsity,
            "lanes": self.lanes,
            "multipliers": self.lanes,
            "input": self.input,
            "macs": self.macs,
            "effectual_macs": self.effectual_macs,
            "cycles": self.cycles,
            "utilization": self.utilization,
            "layers": [layer.to_json(self.lanes) for layer in self.layers],
        }

    def to_text(self) -> str:
        """Give a heading and a row a layer."""
        rows: list[tuple[Any, ...]] = [
            (
                layer.name,
                layer.op,
                "x".join(str(length) for length in layer.shape),
                layer.macs,
                layer.effectual_macs,
                layer.cycles,
                percent(utilization(layer.effectual_macs, self.lanes, layer.cycles))
                if layer.macs
                else "",
                layer.bytes_moved,
                layer.sram_bytes,
            )
            for layer in self.layers
        ]
        moved = sum(layer.bytes_moved for layer in self.layers)
        total = ("all", "", "", self.macs, self.effectual_macs, self.cycles)
        most = max((layer.sram_bytes for layer in self.layers), default=0)
        rows.append((*total, percent(self.utilization), moved, most))
        heading = (
            f"{self.model} on {self.config}: {self.lanes} lanes, sparsity {self.sparsity};"
            f" input: {self.input}"
        )
        return heading + "\n\n" + table(COLUMNS, rows)


COLUMNS = (
    "layer",
    "op",
    "output",
    "MACs",
    "effectual",
    "cycles",
    "of the limit",
    "bytes moved",
    "SRAM bytes",
)


def utilization(effectual_macs: int, lanes: int, cycles: int) -> float:
    """``effectual_macs / (lanes * cycles)``; 0 where nothing ran."""
    return effectual_macs / (lanes * cycles) if cycles else 0.0


def percent(share: float) -> str:
    """Write a share of 1 as a table shows it."""
    return f"{100 * share:.1f} %"


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], total: bool = True) -> str:
    """Lay out rows under columns: text to the left, numbers to the right.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequences
        Cells: ``int`` is written with thousands apart, anything else as it is.
    total : bool
        Whether a rule is drawn above the last row.
    """
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in [list(columns), *cells]) for at in range(len(columns))]
    right = [
        any(isinstance(row[at], int) or str(row[at]).endswith(" %") for row in rows)
        for at in range(len(columns))
    ]
    rule = "  ".join("-" * width for width in widths)
    lines = [
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(columns), *cells]
    ]
    lines.insert(1, rule)
    if total and rows:
        lines.insert(-1, rule)
    return "\n".join(lines) + "\n"


def mean_report(reports: Sequence[Report], described: str) -> Report:
    """Average the layers of several inferences on one engine, to whole numbers.

    Parameters
    ----------
    reports : sequence of Report
        Of the same network and engine; at least one.
    described : str
        What they were measured on together.
    """
    layers = []
    for same in zip(*(report.layers for report in reports), strict=True):
        fields = ("effectual_macs", "cycles", "bytes_moved")
        means = {
            field: round(sum(getattr(layer, field) for layer in same) / len(same))
            for field in fields
        }
        layers.append(replace(same[0], **means))
    return replace(reports[0], input=described, layers=tuple(layers))
