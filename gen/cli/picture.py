"""The demo's picture: cycles a layer, dense and zero-skipping side by side."""

from pathlib import Path

from zeroleap.gen.report import LayerReport, Report

__all__ = ["draw_cycles"]

INK, PALE, STRONG, LIMIT = "#1f2933", "#b8c2cc", "#0f8b8d", "#ec9a29"


def draw_cycles(path: Path, dense: Report, skipping: Report) -> None:
    """Draw both reports' cycles to a file, with the limit that no such engine can beat.

    The limit is a layer's effectual MACs over the lanes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # takes a second: only here
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    width = 0.36
    places = range(len(skipping.layers))
    sides = (
        (dense, -width / 2, PALE, "dense: every multiplication"),
        (skipping, width / 2, STRONG, "zeroleap: zeros skipped"),
    )
    for report, offset, colour, label in sides:
        bars = axes.bar(
            [place + offset for place in places],
            [layer.cycles for layer in report.layers],
            width,
            color=colour,
            label=label,
            zorder=2,
        )
        axes.bar_label(bars, fmt="{:,.0f}", padding=2, fontsize=8, color=INK)
    limits = [layer.effectual_macs / skipping.lanes for layer in skipping.layers]
    shown = [(place, limit) for place, limit in zip(places, limits, strict=True) if limit]
    axes.hlines(
        [limit for _, limit in shown],
        [place + 0.02 for place, _ in shown],
        [place + width - 0.02 for place, _ in shown],
        color=LIMIT,
        linewidth=2,
        zorder=3,
        label="limit: effectual MACs / lanes",
    )
    axes.set_xticks(list(places), [layer_label(layer) for layer in skipping.layers], fontsize=9)
    axes.set_ylabel("cycles an image", color=INK)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.grid(visible=True, color="#e4e7eb", zorder=0)
    axes.tick_params(length=0, colors=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        f"{skipping.model}, {skipping.lanes} lanes:"
        f" {dense.cycles / skipping.cycles:.2f} times as fast without the zeros",
        loc="left",
        fontsize=12,
        fontweight="bold",
        color=INK,
    )
    axes.legend(loc="upper right", labelcolor=INK, framealpha=1, edgecolor="none")
    figure.savefig(path)


def layer_label(layer: LayerReport) -> str:
    """Write the kind of a layer and its output's shape below each other."""
    return f"{layer.op}\n{' x '.join(str(length) for length in layer.shape[1:])}"
