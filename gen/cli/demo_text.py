"""What the demo has to say, as text and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zeroleap.gen.cli.trial import Trial
from zeroleap.gen.report import percent, table

__all__ = ["Accuracy", "demo_json", "demo_text"]


@dataclass(frozen=True)
class Accuracy:
    """Right answers of one way to compute: of the simulated images, and of all; None if not run."""

    who: str
    right: int
    of: int
    all_right: int | None
    all_of: int


def demo_text(
    accuracies: Sequence[Accuracy], dense: Trial, skipping: Trial, files: Mapping[str, Path]
) -> str:
    """Write the whole story for a terminal."""
    report = skipping.report
    parts = [
        f"{report.model}, {report.lanes} lanes: handwritten digits that it was not trained on\n",
        accuracy_text(accuracies),
        verdict_text((dense, skipping)),
        layers_text(dense, skipping),
        f"{speedup(dense, skipping):.2f} times as fast as the dense engine of the same size;"
        f" {percent(report.utilization)} of what {report.lanes} multipliers can do without zeros\n",
        "".join(f"{what:<10} {path}\n" for what, path in files.items()),
    ]
    return "\n".join(parts)


def accuracy_text(accuracies: Sequence[Accuracy]) -> str:
    """Lay out a row a way to compute."""
    first = accuracies[0]
    rows = [
        (
            row.who,
            f"{row.right} ({percent(row.right / row.of)})",
            ""
            if row.all_right is None
            else f"{row.all_right} ({percent(row.all_right / row.all_of)})",
        )
        for row in accuracies
    ]
    columns = ("right answers", f"of {first.of} images", f"of all {first.all_of}")
    return table(columns, rows, total=False)


def verdict_text(trials: Sequence[Trial]) -> str:
    """Say whether Verilog and reference agree, and where not."""
    found = [difference for trial in trials for difference in trial.found]
    values = sum(trial.values for trial in trials)
    counters = sum(trial.counters for trial in trials)
    if not found:
        return (
            f"Verilog and reference agree on every bit and every cycle:"
            f" {values:,} values and {counters:,} counters of {len(trials)} engines\n"
        )
    shown = "".join(f"  {difference}\n" for difference in found[:10])
    return f"Verilog and reference DIFFER in {len(found):,} places:\n{shown}"


def layers_text(dense: Trial, skipping: Trial) -> str:
    """Lay out a row a layer: both engines' cycles."""
    lanes = skipping.report.lanes
    rows: list[tuple[Any, ...]] = []
    for before, after in zip(dense.report.layers, skipping.report.layers, strict=True):
        share = after.effectual_macs / (lanes * after.cycles)
        rows.append(
            (
                after.name,
                after.op,
                after.macs,
                after.effectual_macs,
                before.cycles,
                after.cycles,
                percent(share) if after.macs else "",
                f"{before.cycles / after.cycles:.2f}",
            )
        )
    report = skipping.report
    total = ("all", "", report.macs, report.effectual_macs, dense.report.cycles, report.cycles)
    rows.append((*total, percent(report.utilization), f"{speedup(dense, skipping):.2f}"))
    columns = ("layer", "op", "MACs", "effectual", "dense cycles", "cycles", "of the limit", "gain")
    return table(columns, rows)


def speedup(dense: Trial, skipping: Trial) -> float:
    """Dense cycles over zero-skipping cycles."""
    return dense.report.cycles / skipping.report.cycles


def demo_json(
    accuracies: Sequence[Accuracy], dense: Trial, skipping: Trial, files: Mapping[str, Path]
) -> dict[str, Any]:
    """Give the same as one object; its top level is the zero-skipping engine's report."""
    found = [difference for trial in (dense, skipping) for difference in trial.found]
    return {
        **skipping.report.to_json(),
        "exact": not found,
        "differences": [asdict(difference) for difference in found],
        "speedup": speedup(dense, skipping),
        "accuracy": [asdict(row) for row in accuracies],
        "dense": dense.report.to_json(),
        "files": {what: str(path) for what, path in files.items()},
    }
