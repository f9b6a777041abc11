"""The bench's picture: how near to the limit each work comes, a bar for each sparsity."""

from collections.abc import Sequence
from pathlib import Path

from zeroleap.gen.cli.bench_text import Result
from zeroleap.gen.cli.picture import INK, LIMIT, PALE, STRONG

__all__ = ["draw_shares"]

COLOURS = (PALE, STRONG, LIMIT)
"""Of the sparsities, in their order; from the start again where there are more."""

GROUP = 0.8
"""Height of a work's bars together, where that of its place is 1."""

INCHES = 0.18
"""Height of a bar."""


def draw_shares(path: Path, results: Sequence[Result]) -> None:
    """Draw each run's effectual MACs over lanes and cycles to a file; the first work on top."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # takes a second: only here
    from matplotlib.figure import Figure

    sparsities = list(results[0].trials)
    height = 1.2 + INCHES * len(sparsities) * len(results) / GROUP
    figure = Figure(figsize=(9, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    width = GROUP / len(sparsities)
    for at, sparsity in enumerate(sparsities):
        offset = (at + 0.5) * width - GROUP / 2
        bars = axes.barh(
            [place + offset for place in range(len(results))],
            [100 * result.trials[sparsity].report.utilization for result in results],
            width,
            color=COLOURS[at % len(COLOURS)],
            label=f"sparsity {sparsity}",
            zorder=2,
        )
        axes.bar_label(bars, fmt="{:.1f}", padding=2, fontsize=7, color=INK)
    labels = [f"{result.name}, {result.lanes} lanes" for result in results]
    axes.set_yticks(range(len(results)), labels, fontsize=8)
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_xlim(0, 105)
    axes.set_xlabel("effectual MACs / (lanes x cycles), in %", color=INK)
    axes.xaxis.grid(visible=True, color="#e4e7eb", zorder=0)
    axes.tick_params(length=0, colors=INK)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    figure.legend(
        loc="outside upper right", ncols=len(sparsities), labelcolor=INK, edgecolor="none"
    )
    figure.savefig(path, format="png")
