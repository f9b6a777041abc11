"""What copies do: rectangles of one map go to places of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import (
    Concatenate,
    Graph,
    Operator,
    Pad,
    Padding,
    Rearrange,
    Resize,
    Slice,
    Tensor,
)
from zeroleap.gen.memory import Placement, Strides
from zeroleap.hw.config import WORD_BYTES

__all__ = ["COPIES", "MOST_MOVES", "Move", "Places", "moves_of"]

COPIES = (Pad, Slice, Concatenate, Resize, Rearrange)

MOST_MOVES = 64
"""Moves of one operator, each a layer of the program."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Elements along an axis of a map: ``first + i * step``; beyond its edges lies the fill."""

    first: int
    count: int
    step: int = 1

    @property
    def last(self) -> int:
        """The last of them."""
        return self.first + (self.count - 1) * self.step


@dataclass(frozen=True)
class Move:
    """A rectangle that is copied.

    Parameters
    ----------
    source : str
        Tensor.
    places : three of Places
        Rows, columns and channels of the source; steps of the first two are 1 or more.
    destination : Strides
        In the output.
    fill : int
        Value beyond the source's edges.
    """

    source: str
    places: Sequence[Places]
    destination: Strides
    fill: int

    @property
    def rows(self) -> Places:
        """Along the first axis."""
        return self.places[0]

    @property
    def columns(self) -> Places:
        """Along the second."""
        return self.places[1]

    @property
    def channels(self) -> Places:
        """Along the last."""
        return self.places[2]

    def padding(self, tensor: Tensor) -> Padding:
        """Return the source's border along rows and columns; negative where it is cut off."""
        _, height, width, _ = tensor.shape
        return Padding(
            -self.rows.first,
            self.rows.last + 1 - height,
            -self.columns.first,
            self.columns.last + 1 - width,
        )

    def selection(self, tensor: Tensor) -> npt.NDArray[np.int8]:
        """Return which channel of the source each channel is: shape (channels, in_channels)."""
        picked = self.channels.first + self.channels.step * np.arange(self.channels.count)
        return (picked[:, None] == np.arange(tensor.shape[3])).astype(np.int8)


def moves_of(graph: Graph, operator: Operator) -> list[Move]:
    """Return the moves that make an operator's output, of `COPIES` on maps.

    Raises
    ------
    InputError
        There are more than `MOST_MOVES`, or rows or columns run backwards.
    """
    moves = list(_moves(graph, operator))
    where = f"{graph.name}: layer {operator.name!r} ({operator.source}): {operator.kind}"
    if len(moves) > MOST_MOVES:
        raise InputError(f"{where} takes {len(moves)} copies; at most {MOST_MOVES} are accepted")
    if any(places.step < 1 for move in moves for places in (move.rows, move.columns)):
        raise InputError(
            f"{where} has a negative step along rows or columns; 1 or more is accepted"
        )
    return moves


def _moves(graph: Graph, operator: Operator) -> Iterator[Move]:
    target = graph.tensors[operator.output]
    sources = [graph.tensors[name] for name in operator.inputs]
    match operator:
        case Pad():
            yield _padded(operator, sources[0], target)
        case Slice():
            yield _sliced(operator, sources[0], target)
        case Concatenate():
            yield from _joined(operator, sources, target)
        case Resize():
            yield from _repeated(operator, sources[0], target)
        case Rearrange():
            yield from _boxes(operator, sources[0], target)
        case _:
            raise TypeError(f"operator must be a copy, not {operator.kind}")


def _whole(target: Tensor) -> Strides:
    _, height, width, channels = target.shape
    return Placement(0, height, width, channels).whole


def _padded(operator: Pad, source: Tensor, target: Tensor) -> Move:
    pads = zip(target.shape[1:], operator.pads[1:], strict=True)
    places = [Places(-before, size) for size, (before, _) in pads]
    return Move(source.name, places, _whole(target), operator.value)


def _sliced(operator: Slice, source: Tensor, target: Tensor) -> Move:
    steps = zip(operator.begin[1:], target.shape[1:], operator.step[1:], strict=True)
    places = [Places(*each) for each in steps]
    return Move(source.name, places, _whole(target), source.zero_point)


def _joined(operator: Concatenate, sources: Sequence[Tensor], target: Tensor) -> Iterator[Move]:
    whole, first = _whole(target), [0, 0, 0, 0]
    for source in sources:
        destination = replace(whole, first=whole.at(*first[1:]))
        places = [Places(0, size) for size in source.shape[1:]]
        yield Move(source.name, places, destination, source.zero_point)
        first[operator.axis] += source.shape[operator.axis]


def _repeated(operator: Resize, source: Tensor, target: Tensor) -> Iterator[Move]:
    whole, channels = _whole(target), Places(0, target.shape[3])
    for (row, down, rows), (column, across, columns) in product(
        _runs(operator.rows), _runs(operator.columns)
    ):
        destination = whole.every((row, down), (column, across))
        yield Move(source.name, [rows, columns, channels], destination, source.zero_point)


def _runs(places: Sequence[int]) -> list[tuple[int, int, Places]]:
    """Return the fewest runs of even steps that are ``places``: first, step of each, and places."""
    for period in range(1, len(places) + 1):
        runs = [places[first::period] for first in range(period)]
        steps = {after - before for run in runs for before, after in pairwise(run)}
        if len(steps) <= 1 and min(steps, default=1) >= 1:
            step = min(steps, default=1)
            return [(at, period, Places(run[0], len(run), step)) for at, run in enumerate(runs)]
    raise ValueError(f"places must not be empty, not {places!r}")


def _boxes(operator: Rearrange, source: Tensor, target: Tensor) -> Iterator[Move]:
    """Return the fewest equal boxes of the source whose elements go to even steps of places."""
    shape = source.shape[1:]
    goes_to = np.empty(source.size, np.int64)
    goes_to[operator.order] = np.arange(source.size)
    whole = _whole(target)
    row, column, channel = np.unravel_index(goes_to, target.shape[1:])
    address = (row * whole.row + column * whole.pixel + channel).reshape(shape)

    for box, apart in _candidates(shape):
        together = np.arange(shape[2]).reshape(-1, apart).T.reshape(-1)
        steps = _steps(address[:, :, together], box)
        if steps is None or not _is_aligned(box[2], shape[2], apart, steps[2]):
            continue
        for first in product(
            *(range(0, size, part) for size, part in zip(shape, box, strict=True))
        ):
            corner = (first[0], first[1], int(together[first[2]]))
            axes = zip(corner, box, (1, 1, apart), strict=True)
            yield Move(
                source.name,
                [Places(*each) for each in axes],
                Strides(int(address[corner]), *steps),
                source.zero_point,
            )
        return


def _candidates(shape: Sequence[int]) -> list[tuple[tuple[int, int, int], int]]:
    """Return sizes of boxes and steps of their channels, the largest boxes first."""
    height, width, channels = (_divisors(size) for size in shape)
    boxes = [((*box[:2], box[2]), 1) for box in product(height, width, channels)]
    boxes += [
        ((down, across, shape[2] // apart), apart)
        for down, across, apart in product(height, width, channels[1:])
    ]
    return sorted(boxes, key=lambda each: (-int(np.prod(each[0])), each[1]))


def _divisors(size: int) -> list[int]:
    return [part for part in range(1, size + 1) if size % part == 0]


def _steps(address: Ints, box: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Return the steps between addresses along each axis of all boxes; None if they differ."""
    steps = []
    for axis, (size, part) in enumerate(zip(address.shape, box, strict=True)):
        apart = np.diff(address, axis=axis)
        inside = np.take(apart, [at for at in range(size - 1) if (at + 1) % part], axis=axis)
        found = np.unique(inside)
        if len(found) > 1:
            return None
        steps.append(int(found[0]) if len(found) else 1)
    return steps[0], steps[1], steps[2]


def _is_aligned(count: int, channels: int, apart: int, step: int) -> bool:
    """Tell whether boxes of ``count`` channels begin with words, or may be picked out of them."""
    begins_words = apart == 1 and (count == channels or count % WORD_BYTES == 0)
    return begins_words or count == 1 or step == 1
