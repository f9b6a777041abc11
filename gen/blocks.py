"""Cuts the weights of an input channel into the blocks that a lane looks at together."""

from collections.abc import Sequence
from dataclasses import dataclass

from zeroleap.gen.geometry import Geometry
from zeroleap.hw.isa import POSITIONS

__all__ = ["Blocks", "Part", "cut_into_blocks"]


@dataclass(frozen=True)
class Part:
    """Taps of a kernel, a rectangle: first and count, down and across."""

    first: tuple[int, int]
    count: tuple[int, int]


@dataclass(frozen=True)
class Blocks:
    """How the weights of one lane that belong to one input channel are cut.

    A block has ``slots`` output channels, with ``taps`` of the kernel down and across each; its
    position ``(slot * taps[0] + r) * taps[1] + s`` is the weight of tap ``(r, s)``. A kernel with
    more taps than a block has positions is done in several parts.

    Parameters
    ----------
    slots : int
    taps : (int, int)
        Down and across.
    count : int
        Blocks of a channel.
    last_slots : int
        Output channels of the last of them.
    parts : tuple of Part
        They make up the kernel; none is larger than ``taps``.
    """

    slots: int
    taps: tuple[int, int]
    count: int
    last_slots: int
    parts: Sequence[Part]

    @property
    def positions(self) -> int:
        """Positions of a block that are in use."""
        return self.slots * self.slot_positions

    @property
    def slot_positions(self) -> int:
        """Positions of an output channel."""
        return self.taps[0] * self.taps[1]

    @property
    def last_positions(self) -> int:
        """Positions of a channel's last block that are in use, a bit each."""
        return (1 << self.last_slots * self.slot_positions) - 1

    def places(self) -> list[tuple[int, int, int]]:
        """Slot and tap, down and across, of each position in use."""
        down, across = self.taps
        return [
            (slot, r, s) for slot in range(self.slots) for r in range(down) for s in range(across)
        ]


def cut_into_blocks(geometry: Geometry, slots: int, positions: int = POSITIONS) -> Blocks:
    """Cut a layer's kernels, ``slots`` output channels of a lane at a time.

    Parameters
    ----------
    geometry : Geometry
    slots : int
    positions : int
        Of a block, as many as the engine has.
    """
    down, across = geometry.kernel
    across_taps = _even(across, positions)
    down_taps = _even(down, positions // across_taps)
    if geometry.channelwise:
        slots = 1
    block_slots = _even(slots, positions // (down_taps * across_taps))
    count = -(-slots // block_slots)
    parts = tuple(
        Part((r, s), (min(down_taps, down - r), min(across_taps, across - s)))
        for r in range(0, down, down_taps)
        for s in range(0, across, across_taps)
    )
    last_slots = slots - (count - 1) * block_slots
    return Blocks(block_slots, (down_taps, across_taps), count, last_slots, parts)


def _even(size: int, most: int) -> int:
    """Return the size of the fewest equal pieces of at most ``most``."""
    pieces = -(-size // most)
    return -(-size // pieces)
