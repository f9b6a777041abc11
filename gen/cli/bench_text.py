"""What the bench has to say: as a table, as Markdown and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from zeroleap.gen.cli.trial import Trial
from zeroleap.gen.report import percent, table

__all__ = ["Result", "bench_json", "bench_markdown", "bench_text"]

BASELINE = "none"
"""The sparsity whose cycles the others' are compared with."""

COLUMNS = (
    "work",
    "lanes",
    "sparsity",
    "MACs",
    "effectual",
    "cycles",
    "of the limit",
    "speed-up",
)
SHOWN = 10
"""Differences that are printed of each run."""


@dataclass(frozen=True, eq=False)
class Result:
    """What came of one work.

    Parameters
    ----------
    name : str
        Of the work.
    lanes : int
    trials : mapping of sparsity to Trial
        `BASELINE` is one of them.
    """

    name: str
    lanes: int
    trials: Mapping[str, Trial]

    def speedup(self, sparsity: str) -> float:
        """Cycles of `BASELINE` over cycles."""
        return self.trials[BASELINE].report.cycles / self.trials[sparsity].report.cycles


def runs(results: Sequence[Result]) -> Iterator[tuple[Result, str, Trial]]:
    """Go through all runs: result, sparsity and trial."""
    for result in results:
        for sparsity, trial in result.trials.items():
            yield result, sparsity, trial


def rows(results: Sequence[Result]) -> list[tuple[Any, ...]]:
    """Give a row a run, as in `COLUMNS`."""
    return [
        (
            result.name,
            result.lanes,
            sparsity,
            trial.report.macs,
            trial.report.effectual_macs,
            trial.report.cycles,
            percent(trial.report.utilization) if trial.report.macs else "",
            f"{result.speedup(sparsity):.2f}",
        )
        for result, sparsity, trial in runs(results)
    ]


def verdict(results: Sequence[Result], place: str) -> str:
    """Say whether ``place`` and reference agree, and where not."""
    trials = [trial for _, _, trial in runs(results)]
    values = sum(trial.values for trial in trials)
    counters = sum(trial.counters for trial in trials)
    wrong = sum(bool(trial.found) for trial in trials)
    if wrong:
        return f"{place} DIFFERS from the reference in {wrong} of {len(trials)} runs\n"
    return (
        f"{place} equals the reference in {len(trials)} runs:"
        f" {values:,} values and {counters:,} counters\n"
    )


def bench_text(results: Sequence[Result], place: str) -> str:
    """Write the table, the verdict, and what differs."""
    text = f"{table(COLUMNS, rows(results), total=False)}\n{verdict(results, place)}"
    for result, sparsity, trial in runs(results):
        for difference in trial.found[:SHOWN]:
            text += f"  {result.name}, {result.lanes} lanes, {sparsity}: {difference}\n"
    return text


def bench_markdown(results: Sequence[Result], place: str) -> str:
    """Write the table and the verdict as Markdown."""
    cells = [
        [f"{cell:,}" if isinstance(cell, int) else cell.replace("|", r"\|") for cell in row]
        for row in rows(results)
    ]
    sides = ["---" if name in ("work", "sparsity") else "---:" for name in COLUMNS]
    lines = ["| " + " | ".join(row) + " |\n" for row in [list(COLUMNS), sides, *cells]]
    return "".join(lines) + f"\n{verdict(results, place)}"


def bench_json(results: Sequence[Result], place: str) -> dict[str, Any]:
    """Give the same as one object."""
    listed = []
    for result, sparsity, trial in runs(results):
        report = trial.report
        listed.append(
            {
                "work": result.name,
                "lanes": result.lanes,
                "sparsity": sparsity,
                "macs": report.macs,
                "effectual_macs": report.effectual_macs,
                "cycles": report.cycles,
                "utilization": report.utilization,
                "speedup": result.speedup(sparsity),
                "exact": not trial.found,
                "differences": [asdict(difference) for difference in trial.found],
            }
        )
    return {"on": place, "exact": all(row["exact"] for row in listed), "results": listed}
