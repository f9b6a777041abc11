"""What copies do: rectangles of one map go to places of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Concatenate, Graph, Operator, Pad, Padding, Resize, Slice, Tensor

__all__ = ["COPIES", "Axis", "Move", "moves_of"]

COPIES = (Pad, Slice, Concatenate, Resize)


@dataclass(frozen=True)
class Axis:
    """Elements along an axis: ``target + i * target_step`` is ``source + i * source_step``.

    Where that is before the source's first element, or after its last, it is the fill.

    Parameters
    ----------
    count : int
    source, target : int
        First of them; ``source`` may be negative.
    source_step, target_step : int
        Of rows and columns 1 or more; channels have a ``target_step`` of 1.
    """

    count: int
    source: int = 0
    target: int = 0
    source_step: int = 1
    target_step: int = 1


@dataclass(frozen=True)
class Move:
    """A rectangle that is copied.

    Parameters
    ----------
    source : str
        Tensor.
    rows, columns, channels : Axis
    fill : int
        Value beyond the source's edges.
    """

    source: str
    rows: Axis
    columns: Axis
    channels: Axis
    fill: int

    def padding(self, tensor: Tensor) -> Padding:
        """Return the source's border along rows and columns; negative where it is cut off."""
        _, height, width, _ = tensor.shape
        (top, bottom), (left, right) = (
            (-axis.source, axis.source + (axis.count - 1) * axis.source_step + 1 - size)
            for axis, size in ((self.rows, height), (self.columns, width))
        )
        return Padding(top, bottom, left, right)

    def selection(self, tensor: Tensor) -> npt.NDArray[np.int8]:
        """Return which channel of the source each channel is: shape (channels, in_channels)."""
        picked = self.channels.source + self.channels.source_step * np.arange(self.channels.count)
        return (picked[:, None] == np.arange(tensor.shape[3])).astype(np.int8)


def moves_of(graph: Graph, operator: Operator) -> list[Move]:
    """Return the moves that make an operator's output, of `COPIES` on maps."""
    target = graph.tensors[operator.output]
    sources = [graph.tensors[name] for name in operator.inputs]
    match operator:
        case Pad():
            axes = [
                Axis(size, -before)
                for size, (before, _) in zip(target.shape, operator.pads, strict=True)
            ]
            return [_move(sources[0], axes, operator.value)]
        case Slice():
            axes = [
                Axis(size, begin, 0, step)
                for size, begin, step in zip(
                    target.shape, operator.begin, operator.step, strict=True
                )
            ]
            return [_move(sources[0], axes)]
        case Concatenate():
            return list(_joined(sources, operator.axis))
        case Resize():
            batch, _, _, channels = (Axis(size) for size in target.shape)
            return [
                _move(sources[0], [batch, rows, columns, channels])
                for rows in _runs(operator.rows)
                for columns in _runs(operator.columns)
            ]
    raise TypeError(f"operator must be a copy, not {operator.kind}")


def _move(source: Tensor, axes: Sequence[Axis], fill: int | None = None) -> Move:
    return Move(source.name, *axes[1:], source.zero_point if fill is None else fill)


def _joined(sources: Sequence[Tensor], axis: int) -> Iterator[Move]:
    first = 0
    for source in sources:
        axes = [Axis(size) for size in source.shape]
        axes[axis] = Axis(source.shape[axis], 0, first)
        first += source.shape[axis]
        yield _move(source, axes)


def _runs(places: Sequence[int]) -> list[Axis]:
    """Return the fewest runs of even steps that together are ``places``."""
    for period in range(1, len(places) + 1):
        runs = [places[first::period] for first in range(period)]
        steps = {
            after - before for run in runs for before, after in zip(run, run[1:], strict=False)
        }
        if len(steps) <= 1 and min(steps, default=1) >= 1:
            step = min(steps, default=1)
            return [Axis(len(run), run[0], at, step, period) for at, run in enumerate(runs)]
    raise ValueError(f"places must not be empty, not {places!r}")
