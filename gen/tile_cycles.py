"""How many cycles tiles take, about, so that a layer's tiles can be chosen."""

import math
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from zeroleap.gen.blocks import cut_into_blocks
from zeroleap.gen.dealing import deal, group_channels
from zeroleap.gen.geometry import Geometry
from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.isa import COMBINATION_CYCLES

__all__ = ["Load", "Playing", "Range"]

DENSITY = {"none": 1.0, "activation": 0.5, "both": 0.5}
"""Share of activations that is expected to count: what real networks have (design brief, 8)."""

TILE_CYCLES = 8
"""Cycles of a tile in which neither the lanes nor the drain work, about."""

COMBINED_READING = 2
"""Cycles of a word where values are combined, in which operands are read too."""

DRAIN_CYCLES = 16
"""Cycles from the last partial sum to the last value written, about."""

UNEVENNESS = 0.1
"""Share of their time that lanes wait at a full or empty queue, about: so many standard deviations
of the work in a queue."""


Range = tuple[int, int]
"""First and count, of output rows or columns."""


class Load:
    """A layer and the lanes that compute it.

    Parameters
    ----------
    geometry : Geometry
    config : EngineConfig
    work : int64, shape (out_channels,)
        Weights that are not zero; None if all cost a cycle.
    shared : bool
        All groups of lanes do each tile together.
    slots : int
        Output channels of a lane, at most.
    combines : bool
        Values are combined with those of another map on the way out.
    """

    def __init__(
        self,
        geometry: Geometry,
        config: EngineConfig,
        work: npt.NDArray[np.int64] | None,
        *,
        shared: bool,
        slots: int,
        combines: bool = False,
    ) -> None:
        self.geometry = geometry
        self.config = config
        self.shared = shared
        self.slots = slots
        self._interval, self._reading = (
            (COMBINATION_CYCLES, COMBINED_READING) if combines else (1, 1)
        )
        self._density = self._slowest = 1.0  # of the weights in all lanes, and in the slowest
        if work is not None:
            self._density, self._slowest = self._densities(work)
        self._blocks = cut_into_blocks(geometry, slots, config.positions)
        self._known: dict[tuple[Range, Range], tuple[float, float]] = {}

    @property
    def channels(self) -> int:
        """Output channels of a tile."""
        return self.slots * (self.config.lanes if self.shared else self.config.group_lanes)

    @property
    def passes(self) -> int:
        """Sets of output channels."""
        return -(-self.geometry.out_channels // self.channels)

    @property
    def takers(self) -> int:
        """Tiles that are computed at the same time."""
        return 1 if self.shared else self.config.groups

    def _densities(self, work: npt.NDArray[np.int64]) -> tuple[float, float]:
        geometry = self.geometry
        inputs = 1 if geometry.channelwise else geometry.in_channels
        lane_weights = math.prod(geometry.kernel) * inputs * self.slots
        slowest = 0
        for first in range(0, len(work), self.channels):
            part = work[first : first + self.channels]
            dealing = deal(part, self.config, shared=self.shared, in_turn=geometry.channelwise)[0]
            slowest += np.bincount(dealing[:, 0], part).max()
        whole = lane_weights * len(work) / self.slots
        return float(work.sum() / whole), float(slowest / (lane_weights * self.passes))

    def tile_cycles(self, rows: Range, columns: Range) -> tuple[float, float]:
        """Return the cycles to compute a tile, and to drain it."""
        tile = (rows, columns)
        if tile not in self._known:
            self._known[tile] = self._compute(rows, columns), self._drain(rows[1] * columns[1])
        return self._known[tile]

    def _compute(self, rows: Range, columns: Range) -> float:
        geometry, config = self.geometry, self.config
        down, across = _meetings(geometry, 0, *rows), _meetings(geometry, 1, *columns)
        channels = min(geometry.out_channels, self.channels)
        in_channels = channels if geometry.channelwise else geometry.in_channels
        pixels = geometry.input_range(0, *rows)[1] * geometry.input_range(1, *columns)[1]
        pixel_words = -(-in_channels // WORD_BYTES)
        activations = in_channels * DENSITY[config.sparsity]
        if geometry.channelwise:
            activations /= config.group_lanes if config.sparsity == "both" else config.lane_sets

        products = _taps(down) * _taps(across) * activations
        products *= 1 if geometry.channelwise else self.slots
        needed = products * self._slowest
        if self._density < 1:
            needed += activations * self._lookups(down, across) + self._waits(products)
        reads = -(-pixel_words // config.read_words) * self.takers * self._reading
        read = pixels * max(reads, pixel_words)
        further = TILE_CYCLES * (len(self._blocks.parts) - 1)
        found = pixels * pixel_words * WORD_BYTES * DENSITY[config.sparsity]
        return max(needed, read, found) + further

    def _lookups(self, down: Mapping[int, int], across: Mapping[int, int]) -> float:
        """Cycles for each input channel in which a lane looks up blocks and has none to multiply.

        Blocks that it has found wait for it, so that is so only where blocks have less than a
        product on average: at the edges of a map, or of a tile.
        """
        blocks = self._blocks
        lost = 0.0
        for (r, rows), (s, columns) in product(down.items(), across.items()):
            taps = blocks.slots * min(r, blocks.taps[0]) * min(s, blocks.taps[1])
            lost += rows * columns * max(0.0, 1 - taps * self._density)
        return lost * blocks.count * len(blocks.parts)

    def _waits(self, products: float) -> float:
        """Cycles that lanes wait for each other, of so many products if no weight were 0."""
        blocks, skipped = self._blocks, 1 - self._density
        queued = self.config.queue_depth * blocks.positions * blocks.count * self._density
        deviation = math.sqrt(products * self._density * skipped)
        at_queue = UNEVENNESS * math.sqrt(skipped / max(queued, 1.0))
        return products * self._density * at_queue + min(deviation, queued)

    def _drain(self, pixels: int) -> float:
        config, channels = self.config, min(self.geometry.out_channels, self.channels)
        drained = channels
        if self.shared:
            drained = min(channels, group_channels(channels, config.groups))
        frames = pixels * -(-drained // config.frame)
        return frames * config.groups * self._interval + DRAIN_CYCLES


class Playing:
    """Tiles that are computed while those before are drained, each by who is free first.

    With one bank of partial sums, a tile waits until the one before is drained.
    """

    def __init__(self, takers: int, banks: int = 2) -> None:
        self._banks = banks
        self._takers = [(0.0, 0.0, 0.0)] * takers  # computed, drained, and the one before drained

    @property
    def end(self) -> float:
        """When all is drained."""
        return max(drained for _, drained, _ in self._takers)

    def take(self, compute: float, drain: float) -> None:
        """Add a tile that takes these cycles."""
        first = min(self._takers)
        computed, drained, before = first
        begin = max(computed, before if self._banks > 1 else drained)
        computed = begin + compute + TILE_CYCLES
        place = self._takers.index(first)
        self._takers[place] = (computed, max(drained, computed) + drain, drained)


@cache
def _meetings(geometry: Geometry, axis: int, first: int, count: int) -> Mapping[int, int]:
    """Count the input coordinates along ``axis`` by the outputs, of so many, that they meet."""
    stride = geometry.stride[axis]
    size = (geometry.height, geometry.width)[axis]
    before = (geometry.padding.top, geometry.padding.left)[axis]
    met: Counter[int] = Counter()
    for output in range(first, min(first + count, (geometry.out_height, geometry.out_width)[axis])):
        start = output * stride - before
        met.update(range(max(start, 0), min(start + geometry.kernel[axis], size)))
    return Counter(met.values())


def _taps(meetings: Mapping[int, int]) -> int:
    return sum(outputs * inputs for outputs, inputs in meetings.items())
