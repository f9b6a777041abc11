"""Cuts a layer into tiles whose partial sums fit in the lanes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zeroleap.gen.geometry import Geometry
from zeroleap.hw.config import WORD_BYTES, EngineConfig

__all__ = ["Region", "tile_layer"]

DENSITY = {"none": 1.0, "activation": 0.5, "both": 0.5}
"""Share of activations that is expected to count: what real networks have (design brief, 8)."""

TILE_CYCLES = 24
"""Cycles of a tile in which neither the lanes nor the drain work, about."""

DRAIN_CYCLES = 14
"""Cycles from the last partial sum to the last value written, about."""


@dataclass(frozen=True)
class Region:
    """A tile: output rows, columns and channels, as first and count."""

    row: int
    rows: int
    column: int
    columns: int
    channel: int
    channels: int
    slots: int


def tile_layer(
    geometry: Geometry,
    config: EngineConfig,
    row_cuts: Sequence[int] = (),
    column_cuts: Sequence[int] = (),
    density: float = 1.0,
) -> list[Region]:
    """Choose the tiles of a layer, in the order in which they run, for the fewest cycles.

    All splits into equal bands of rows, equal bands of columns and equal sets of channels that fit
    are weighed by an estimate of their cycles: draining a tile overlaps with computing the next,
    so the last tile should be small, but each tile reads its input anew. One pixel with a word of
    channels always fits: a configuration has 4 partial sums at least.

    Parameters
    ----------
    geometry : Geometry
    config : EngineConfig
    row_cuts, column_cuts : sequence of int
        Output rows and columns at which a tile must begin.
    density : float, 0..1
        Share of the weights that cost a cycle.
    """
    choices = [
        (slots, rows, columns)
        for slots in _slot_choices(geometry, config)
        for rows, columns in _band_choices(geometry, config.partial_sums // slots)
    ]
    slots, rows, columns = min(
        choices, key=lambda choice: _estimate(geometry, config, density, *choice)
    )
    return [
        Region(row, row_count, column, column_count, channel, channel_count, slots)
        for channel, channel_count in _bands(geometry.out_channels, slots * config.lanes, ())
        for row, row_count in _bands(geometry.out_height, rows, row_cuts)
        for column, column_count in _bands(geometry.out_width, columns, column_cuts)
    ]


def _slot_choices(geometry: Geometry, config: EngineConfig) -> list[int]:
    """Numbers of output channels a lane may take at once; words of the input must not be split."""
    most = -(-geometry.out_channels // config.lanes)
    choices = {-(-most // passes) for passes in range(1, most + 1)}
    if geometry.channelwise:
        whole = WORD_BYTES // math.gcd(WORD_BYTES, config.lanes)
        choices = {min(most, -(-slots // whole) * whole) for slots in choices}
    return sorted(slots for slots in choices if slots <= config.partial_sums)


def _band_choices(geometry: Geometry, pixels: int) -> Iterator[tuple[int, int]]:
    """Rows and columns of the largest tile of each even split that has at most ``pixels``."""
    for columns in _even_sizes(geometry.out_width):
        for rows in _even_sizes(geometry.out_height):
            if rows * columns <= pixels:
                yield rows, columns
        if columns <= pixels and geometry.out_width <= pixels:
            return  # whole rows fit: narrower tiles only read more


def _even_sizes(size: int) -> list[int]:
    return sorted({-(-size // parts) for parts in range(1, size + 1)}, reverse=True)


def _bands(size: int, band: int, cuts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Split ``size`` into equal bands of at most ``band``, between the ``cuts``."""
    edges = sorted({0, size, *cuts})
    for low, high in pairwise(edges):
        for first in range(low, high, band):
            yield first, min(band, high - first)


def _estimate(
    geometry: Geometry,
    config: EngineConfig,
    weight_density: float,
    slots: int,
    rows: int,
    columns: int,
) -> float:
    """Cycles of a layer if all its tiles were like the largest, about."""
    passes = -(-geometry.out_channels // (slots * config.lanes))
    bands = -(-geometry.out_height // rows) * -(-geometry.out_width // columns)
    tiles = bands * passes
    _, input_rows = geometry.input_range(0, 0, rows)
    _, input_columns = geometry.input_range(1, 0, columns)
    channels = min(geometry.out_channels, slots * config.lanes)
    density = DENSITY[config.sparsity]

    taps = rows * columns * geometry.kernel[0] * geometry.kernel[1]
    in_channels = channels if geometry.channelwise else geometry.in_channels
    steps = taps * in_channels * (1 if geometry.channelwise else slots) * density
    steps *= weight_density
    if geometry.channelwise and config.sparsity == "both":
        steps /= config.lanes
    words = input_rows * input_columns * -(-in_channels // WORD_BYTES)
    compute = max(steps, words, words * WORD_BYTES * density)
    drain = rows * columns * channels + DRAIN_CYCLES
    return (tiles - 1) * max(compute, drain) + compute + drain + tiles * TILE_CYCLES
