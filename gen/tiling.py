"""Cuts a layer into tiles whose partial sums fit in the lanes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from zeroleap.gen.geometry import Geometry
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.gen.tile_cycles import Load, Playing, Range
from zeroleap.hw.config import WORD_BYTES, EngineConfig

__all__ = ["Region", "Tiling", "tile_layer"]

TILE_COST = 0.0005
"""Share of a layer's cycles that another tile must save: each is a record of the program."""

SMALLER_SIZES = 2
"""Sizes of smaller tiles, at most."""

SMALLER_ROWS = (1, 2, 3, 4, 5, 6, 8, 10, 12)
"""Rows that smaller tiles may have."""

PROMISING = 20
"""Choices that are tried with another size of smaller tiles."""


@dataclass(frozen=True)
class Region:
    """A tile: output rows, columns and channels, as first and count."""

    row: int
    rows: int
    column: int
    columns: int
    channel: int
    channels: int


@dataclass(frozen=True)
class Tiling:
    """How a layer is cut.

    Parameters
    ----------
    regions : list of Region
        The tiles, in the order in which they begin.
    shared : bool
        All groups of lanes do each tile together, rather than each a tile of its own.
    slots : int
        Output channels of a lane, at most.
    cycles : float
        Of the layer, about, and what its tiles cost.
    """

    regions: list[Region]
    shared: bool
    slots: int
    cycles: float = field(default=0.0, compare=False)


def tile_layer(
    geometry: Geometry,
    config: EngineConfig,
    row_cuts: Sequence[int] = (),
    column_cuts: Sequence[int] = (),
    *,
    work: npt.NDArray[np.int64] | None = None,
    saving: Saving = NOTHING,
    combines: bool = False,
) -> Tiling:
    """Choose the tiles of a layer for the fewest cycles.

    All splits into even bands of rows, even bands of columns and equal sets of channels that fit
    are weighed by an estimate of their cycles, with smaller tiles at the lower edge or without:
    draining a tile overlaps with computing the next, so the last tile should be small, and not much
    smaller than the one before; but each tile reads its input anew. One pixel with a word of
    channels always fits: a configuration has 4 partial sums at least. Of very many tiles, only the
    splits into fewer are tried.

    Parameters
    ----------
    geometry : Geometry
    config : EngineConfig
    row_cuts, column_cuts : sequence of int
        Output rows and columns at which a tile must begin.
    work : int64, shape (out_channels,)
        Weights that are not zero, if only those cost a cycle.
    saving : Saving
    combines : bool
        Values are combined with those of another map on the way out, which takes more time.
    """
    may_share = config.groups > 1 and not geometry.channelwise
    kinds = [True, False] if may_share else [False]  # of equal ones, that with fewer weights
    choices = [
        _Choice(load, size, tile_cost=TILE_COST * 10**saving.program)
        for shared in kinds
        if shared or not (may_share and saving.weights)
        for slots in _slot_choices(geometry, config, shared=shared)
        for load in [Load(geometry, config, work, shared=shared, slots=slots, combines=combines)]
        for size in _sizes(geometry, config.partial_sums // slots)
    ]
    most = 64 + 3 * min(choice.tiles for choice in choices)
    costs = {choice: choice.cost() for choice in choices if choice.tiles <= most}
    for _ in range(SMALLER_SIZES):
        promising = sorted(costs, key=lambda choice: costs[choice])[:PROMISING]
        further = dict.fromkeys(more for choice in promising for more in choice.with_smaller())
        costs |= {choice: choice.cost() for choice in further if choice not in costs}
    best = min(costs, key=lambda choice: costs[choice])
    regions = list(best.regions(row_cuts, column_cuts))
    return Tiling(regions, best.load.shared, best.load.slots, costs[best])


Size = tuple[int, int]
"""Rows and columns of a tile, at most."""


@dataclass(frozen=True)
class _Choice:
    """Tiles of a size, and at the lower edge of each smaller size as many as are done together."""

    load: Load
    size: Size
    smaller: tuple[Size, ...] = ()
    tile_cost: float = TILE_COST

    @property
    def tiles(self) -> int:
        """Count the tiles, about."""
        down, across = (
            -(-outputs // size)
            for outputs, size in zip(self.load.geometry.out_size, self.size, strict=True)
        )
        return down * across * self.load.passes + self.load.takers * len(self.smaller)

    def cost(self) -> float:
        """Cycles of the layer, about, and what its tiles cost."""
        playing = Playing(self.load.takers, self.load.config.banks)
        for index in reversed(range(self.load.passes)):
            for rows, columns in self.rectangles(is_last=index == 0):
                playing.take(*self.load.tile_cycles(rows, columns))
        return playing.end * (1 + self.tile_cost * self.tiles)

    def rectangles(
        self, row_cuts: Sequence[int] = (), column_cuts: Sequence[int] = (), *, is_last: bool
    ) -> Iterator[tuple[Range, Range]]:
        """Give rows and columns of the tiles of a set of channels; the last has smaller ones."""
        geometry, smaller = self.load.geometry, self.smaller if is_last else ()
        heights = [_height(self.load, size) for size in smaller]
        low, high = 0, geometry.out_height - sum(heights)
        for (rows, columns), height in zip((self.size, *smaller), (high, *heights), strict=True):
            across = list(_split(0, geometry.out_width, columns, column_cuts))
            for down in _split(low, low + height, rows, row_cuts):
                for each in across:
                    yield down, each
            low += height

    def regions(self, row_cuts: Sequence[int], column_cuts: Sequence[int]) -> Iterator[Region]:
        """Give the tiles in the order in which they begin."""
        end, most = self.load.geometry.out_channels, self.load.channels
        for channel in range(0, end, most):
            channels = min(most, end - channel)
            is_last = channel + channels == end
            for rows, columns in self.rectangles(row_cuts, column_cuts, is_last=is_last):
                yield Region(*rows, *columns, channel, channels)

    def with_smaller(self) -> Iterator["_Choice"]:
        """Add smaller tiles, where rows are left for larger ones.

        None has more rows or columns than the largest: sums have the same place in all tiles.
        """
        load, (most_rows, most_columns) = self.load, self.size
        left = load.geometry.out_height - sum(_height(load, size) for size in self.smaller)
        for across in (1, 2, 4, 8)[: load.takers.bit_length()]:
            columns = -(-load.geometry.out_width // across)
            for rows in SMALLER_ROWS:
                size = rows, columns
                fits = rows <= most_rows and columns <= most_columns and _height(load, size) < left
                if fits and size not in (self.size, *self.smaller):
                    smaller = sorted((*self.smaller, size), key=math.prod, reverse=True)
                    yield replace(self, smaller=tuple(smaller))


def _height(load: Load, size: Size) -> int:
    """Rows of as many tiles as are computed together."""
    rows, columns = size
    return rows * -(-load.takers // -(-load.geometry.out_width // columns))


def _slot_choices(geometry: Geometry, config: EngineConfig, *, shared: bool) -> list[int]:
    """Numbers of output channels a lane may take at once; words of the input must not be split."""
    lanes = config.lanes if shared else config.group_lanes
    most = -(-geometry.out_channels // lanes)
    choices = {-(-most // passes) for passes in range(1, most + 1)}
    if geometry.channelwise:
        whole = WORD_BYTES // math.gcd(WORD_BYTES, lanes)
        choices = {min(most, -(-slots // whole) * whole) for slots in choices}
    return sorted(slots for slots in choices if slots <= config.partial_sums)


def _sizes(geometry: Geometry, pixels: int) -> Iterator[Size]:
    """Give the largest tile of each even split that has at most ``pixels``."""
    for columns in _even_sizes(geometry.out_width):
        for rows in _even_sizes(geometry.out_height):
            if rows * columns <= pixels:
                yield rows, columns


def _even_sizes(size: int) -> list[int]:
    return sorted({-(-size // parts) for parts in range(1, size + 1)}, reverse=True)


def _split(low: int, high: int, most: int, cuts: Sequence[int]) -> Iterator[Range]:
    """Split a range evenly into parts of at most ``most``, between the ``cuts``."""
    edges = sorted({low, high, *(cut for cut in cuts if low < cut < high)})
    for begin, end in pairwise(edges):
        count = -(-(end - begin) // most)
        firsts = [begin + -(-(end - begin) * index // count) for index in range(count + 1)]
        for first, after in pairwise(firsts):
            yield first, after - first
