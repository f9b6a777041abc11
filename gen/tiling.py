"""Cuts a layer into tiles whose partial sums fit in the lanes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from zeroleap.gen.blocks import Blocks, cut_into_blocks
from zeroleap.gen.geometry import Geometry
from zeroleap.hw.config import WORD_BYTES, EngineConfig

__all__ = ["Region", "Tiling", "tile_layer"]

DENSITY = {"none": 1.0, "activation": 0.5, "both": 0.5}
"""Share of activations that is expected to count: what real networks have (design brief, 8)."""

TILE_CYCLES = 8
"""Cycles of a tile in which neither the lanes nor the drain work, about."""

IMBALANCE = 9
"""Cycles that lanes with different weights wait for the slowest at the end of a tile, about: so
many standard deviations of their work, or what was queued."""

DRAIN_CYCLES = 16
"""Cycles from the last partial sum to the last value written, about."""

COMBINED_CYCLES = 4
"""Cycles of a value that is combined with another; see `zeroleap.hw.elementwise`."""

TOLERANCE = 0.003
"""Share of a layer's cycles that are given for fewer tiles, each a record of the program."""

UNEVENNESS = 0.4
"""Share of their time that lanes wait at a full or empty queue, about: so many standard deviations
of the work in a queue."""


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
    """

    regions: list[Region]
    shared: bool
    slots: int


def tile_layer(
    geometry: Geometry,
    config: EngineConfig,
    row_cuts: Sequence[int] = (),
    column_cuts: Sequence[int] = (),
    *,
    density: float = 1.0,
    prefers_sharing: bool = False,
    combines: bool = False,
) -> Tiling:
    """Choose the tiles of a layer for the fewest cycles.

    All splits into even bands of rows, with a smaller one at the end, even bands of columns and
    equal sets of channels that fit are weighed by an estimate of their cycles: draining a tile
    overlaps with computing the next, so the last tile should be small, but each tile reads its
    input anew. One pixel with a word of channels always fits: a configuration has 4 partial sums at
    least. Of very many tiles, only the splits into fewer are tried; of equal ones, the fewest win.

    Parameters
    ----------
    geometry : Geometry
    config : EngineConfig
    row_cuts, column_cuts : sequence of int
        Output rows and columns at which a tile must begin.
    density : float, 0..1
        Share of the weights that cost a cycle.
    prefers_sharing : bool
        Let groups share tiles wherever they can: then each has only weights of its own.
    combines : bool
        Values are combined with those of another map on the way out, which takes more time.
    """
    may_share = config.groups > 1 and not geometry.channelwise
    kinds = [False, True] if may_share else [False]
    choices = [
        _Choice(shared, slots, rows, columns, tail)
        for shared in kinds
        if shared or not (may_share and prefers_sharing)
        for slots in _slot_choices(geometry, config, shared=shared)
        for rows, columns in _band_choices(geometry, config.partial_sums // slots)
        for tail in _tail_choices(geometry, rows, columns, 1 if shared else config.groups)
    ]
    fewest = min(choice.tiles(geometry, config) for choice in choices)
    cycles = {
        choice: _estimate(geometry, config, density, choice, combines)
        for choice in choices
        if choice.tiles(geometry, config) <= 64 + 3 * fewest
    }
    enough = min(cycles.values()) * (1 + TOLERANCE)
    best = min(
        (choice for choice in cycles if cycles[choice] <= enough),
        key=lambda choice: (choice.tiles(geometry, config), cycles[choice]),
    )
    regions = [
        Region(row, row_count, column, column_count, channel, channel_count)
        for channel, channel_count in _channel_bands(geometry, best.channels(config))
        for row, row_count in best.row_bands(geometry, config, row_cuts)
        for column, column_count in _bands(geometry.out_width, best.columns, column_cuts)
    ]
    return Tiling(regions, best.shared, best.slots)


@dataclass(frozen=True)
class _Choice:
    """Output channels of a lane, and rows and columns, of all tiles; rows of the last ones."""

    shared: bool
    slots: int
    rows: int
    columns: int
    tail: int

    def channels(self, config: EngineConfig) -> int:
        """Output channels of a tile."""
        return self.slots * (config.lanes if self.shared else config.group_lanes)

    def tiles(self, geometry: Geometry, config: EngineConfig) -> int:
        """Count the tiles, about."""
        down = -(-geometry.out_height // self.rows)
        across = -(-geometry.out_width // self.columns)
        return down * across * -(-geometry.out_channels // self.channels(config))

    def row_bands(
        self, geometry: Geometry, config: EngineConfig, cuts: Sequence[int] = ()
    ) -> Iterator[tuple[int, int]]:
        """Rows of the tiles, first and count: small ones at the end, one for each that computes."""
        tails = 1 if self.shared else config.groups
        size = geometry.out_height
        edges = {size - self.tail * index for index in range(1, tails + 1)}
        return _bands(size, self.rows, sorted(edges | set(cuts)) if self.tail else cuts)


def _slot_choices(geometry: Geometry, config: EngineConfig, *, shared: bool) -> list[int]:
    """Numbers of output channels a lane may take at once; words of the input must not be split."""
    lanes = config.lanes if shared else config.group_lanes
    most = -(-geometry.out_channels // lanes)
    choices = {-(-most // passes) for passes in range(1, most + 1)}
    if geometry.channelwise:
        whole = WORD_BYTES // math.gcd(WORD_BYTES, lanes)
        choices = {min(most, -(-slots // whole) * whole) for slots in choices}
    return sorted(slots for slots in choices if slots <= config.partial_sums)


def _channel_bands(geometry: Geometry, band: int) -> Iterator[tuple[int, int]]:
    for first in range(0, geometry.out_channels, band):
        yield first, min(band, geometry.out_channels - first)


def _band_choices(geometry: Geometry, pixels: int) -> Iterator[tuple[int, int]]:
    """Rows and columns of the largest tile of each even split that has at most ``pixels``."""
    for columns in _even_sizes(geometry.out_width):
        for rows in _even_sizes(geometry.out_height):
            if rows * columns <= pixels:
                yield rows, columns
        if columns <= pixels and geometry.out_width <= pixels:
            return  # whole rows fit: narrower tiles only read more


def _tail_choices(geometry: Geometry, rows: int, columns: int, tails: int) -> set[int]:
    """Rows of each of ``tails`` tiles at the lower edge; 0 is what the others leave."""
    if columns < geometry.out_width:
        return {0}
    fitting = (tail for tail in (1, 2, 3, 4, 6, 8, 12) if tail * tails < geometry.out_height)
    return {0, *(tail for tail in fitting if tail < rows)}


def _even_sizes(size: int) -> list[int]:
    return sorted({-(-size // parts) for parts in range(1, size + 1)}, reverse=True)


def _bands(size: int, band: int, cuts: Sequence[int] = ()) -> Iterator[tuple[int, int]]:
    """Split ``size`` into even bands of at most ``band``, between the ``cuts``."""
    edges = sorted({0, size, *cuts})
    for low, high in pairwise(edges):
        count = -(-(high - low) // band)
        firsts = [low + -(-(high - low) * index // count) for index in range(count + 1)]
        for first, after in pairwise(firsts):
            yield first, after - first


def _estimate(
    geometry: Geometry,
    config: EngineConfig,
    weight_density: float,
    choice: _Choice,
    combines: bool,
) -> float:
    """Cycles of a layer, about: tiles are computed while the ones before are drained."""
    across = -(-geometry.out_width // choice.columns)
    passes = -(-geometry.out_channels // choice.channels(config))
    bands = [
        cycles
        for band in choice.row_bands(geometry, config)
        for cycles in [_tile_cycles(geometry, config, weight_density, choice, band, combines)]
        * across
    ]
    groups = [_Group() for _ in range(1 if choice.shared else config.groups)]
    for compute, drain in bands * passes:
        min(groups, key=lambda group: group.computed).take(compute, drain)
    return max(group.drained for group in groups)


@dataclass
class _Group:
    """When the latest tile was computed, when it will be drained, and the one before it."""

    computed: float = 0.0
    drained: float = 0.0
    before: float = 0.0

    def take(self, compute: float, drain: float) -> None:
        self.computed = max(self.computed, self.before) + compute + TILE_CYCLES
        self.before, self.drained = self.drained, max(self.drained, self.computed) + drain


def _tile_cycles(
    geometry: Geometry,
    config: EngineConfig,
    weight_density: float,
    choice: _Choice,
    band: tuple[int, int],
    combines: bool,
) -> tuple[float, float]:
    """Cycles to compute a tile of a band of rows, first and count, and to drain it, about."""
    _, input_rows = geometry.input_range(0, *band)
    _, input_columns = geometry.input_range(1, 0, choice.columns)
    channels = min(geometry.out_channels, choice.channels(config))
    in_channels = channels if geometry.channelwise else geometry.in_channels
    words = input_rows * input_columns * -(-in_channels // WORD_BYTES)
    density = DENSITY[config.sparsity]

    taps = _taps(geometry, 0, *band) * _taps(geometry, 1, 0, choice.columns)
    products = taps * in_channels * density
    if not geometry.channelwise:
        products *= choice.slots
    elif config.sparsity == "both":
        products /= config.group_lanes
    needed = products * weight_density
    if weight_density < 1:
        blocks = cut_into_blocks(geometry, choice.slots)
        needed = _with_waits(config, blocks, products, weight_density)
    turns = (1 if choice.shared else config.groups) * (2 if combines else 1)
    compute = max(needed, words * turns, words * WORD_BYTES * density)
    drained = -(-channels // config.groups) if choice.shared else channels
    frames = band[1] * choice.columns * -(-drained // config.frame)
    interval = COMBINED_CYCLES if combines else 1
    return compute, frames * config.groups * interval + DRAIN_CYCLES


def _with_waits(
    config: EngineConfig, blocks: Blocks, products: float, weight_density: float
) -> float:
    """Cycles of lanes that leave out weights, of so many ``products`` in a tile, about."""
    skipped = 1 - weight_density
    empty_blocks = products / blocks.positions * skipped**blocks.positions
    queued = config.queue_depth * blocks.positions * blocks.count * weight_density
    deviation = math.sqrt(products * weight_density * skipped)
    at_queue = UNEVENNESS * math.sqrt(skipped / max(queued, 1.0))
    at_end = min(IMBALANCE * deviation, 2 * queued)
    return (products * weight_density + empty_blocks) * (1 + at_queue) + at_end


@cache
def _taps(geometry: Geometry, axis: int, first: int, count: int) -> int:
    """Taps along ``axis`` with which outputs meet an input and not the padding, in all."""
    outputs = range(first, min(first + count, (geometry.out_height, geometry.out_width)[axis]))
    return sum(geometry.input_range(axis, output, 1)[1] for output in outputs)
