"""Lays out weights as the lanes read them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.blocks import Blocks, Part
from zeroleap.gen.dealing import Dealing
from zeroleap.hw.isa import Header

__all__ = ["Packed", "pack_dense", "pack_sparse", "part_of_weights"]

Taps = npt.NDArray[np.int8]
"""Shape (channels, blocks, positions, lanes)."""


@dataclass(frozen=True, eq=False)
class Packed:
    """Content of the SRAMs of the lanes.

    Parameters
    ----------
    weights : int8, shape (rows, lanes)
    headers : uint32, shape (rows, lanes)
        Each a `Header`; no rows where weights are dense.
    """

    weights: npt.NDArray[np.int8]
    headers: npt.NDArray[np.uint32]

    def __add__(self, other: "Packed") -> "Packed":
        """Append the rows of ``other``."""
        return Packed(
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.headers, other.headers]),
        )

    @classmethod
    def empty(cls, lanes: int) -> "Packed":
        """Return no weights."""
        return cls(np.zeros((0, lanes), np.int8), np.zeros((0, lanes), np.uint32))


def part_of_weights(
    weights: npt.NDArray[np.int8],
    dealings: Sequence[Dealing],
    lanes: int,
    blocks: Blocks,
    part: Part,
) -> Taps:
    """Arrange the weights of one part of the kernels by channel, block, position and lane.

    Parameters
    ----------
    weights : int8
        Shape (out_channels, kernel_height, kernel_width, in_channels), or without the last if the
        layer is channelwise: its slots then take the place of the input channels.
    dealings : sequence of Dealing
        Of these output channels; several where more than one group of lanes has them.
    lanes : int
        Of all groups.
    blocks : Blocks
    part : Part

    Returns
    -------
    Taps
        0 where there is no channel or tap.
    """
    down, across = blocks.taps
    (row, column), (rows, columns) = part.first, part.count
    is_channelwise = weights.ndim == 3
    slots = int(dealings[0][:, 1].max()) + 1 if is_channelwise else blocks.count * blocks.slots
    channels = 1 if is_channelwise else weights.shape[3]
    dealt = np.zeros((slots, down, across, channels, lanes), np.int8)
    taps = weights[:, row : row + rows, column : column + columns]
    for dealing in dealings:
        lane, slot = dealing.T
        dealt[slot, :rows, :columns, :, lane] = taps.reshape(len(weights), rows, columns, channels)
    if is_channelwise:
        return dealt.reshape(slots, 1, down * across, lanes)
    by_block = dealt.reshape(blocks.count, blocks.positions, channels, lanes)
    return np.ascontiguousarray(by_block.transpose(2, 0, 1, 3))


def pack_dense(taps: Taps) -> Packed:
    """Store all weights, position after position, block after block, channel after channel."""
    lanes = taps.shape[-1]
    return Packed(taps.reshape(-1, lanes), np.zeros((0, lanes), np.uint32))


def pack_sparse(taps: Taps, first_weight: int) -> Packed:
    """Store only weights that are not zero, and a header for each block.

    Parameters
    ----------
    taps : Taps
    first_weight : int
        Row at which the weights will begin.
    """
    channels, blocks, positions, lanes = taps.shape
    by_block = taps.reshape(channels * blocks, positions, lanes)
    counts = np.count_nonzero(by_block, axis=1)
    firsts = np.cumsum(counts, axis=0) - counts + first_weight
    masks = np.tensordot(by_block != 0, 1 << np.arange(positions), axes=(1, 0))
    layout = Header.as_shape()
    headers = masks << layout["mask"].offset | firsts << layout["weights"].offset

    weights = np.zeros((int(counts.sum(axis=0).max(initial=0)), lanes), np.int8)
    for lane in range(lanes):
        own = by_block[:, :, lane]
        packed = own[own != 0]
        weights[: len(packed), lane] = packed
    return Packed(weights, headers.astype(np.uint32))
