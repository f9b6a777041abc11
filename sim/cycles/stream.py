"""What the front end gives to the lanes in a tile: words, activations, and the work in them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.image import Image
from zeroleap.gen.memory import Placement
from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import POSITIONS

__all__ = ["TileStream", "stream_of_tile"]

Ints = npt.NDArray[np.int64]

ONES = np.array([bin(mask).count("1") for mask in range(1 << POSITIONS)], np.int64)
"""Bits that are 1 in a mask of positions."""


@dataclass(frozen=True, eq=False)
class TileStream:
    """A tile in the order of its reading.

    Parameters
    ----------
    skips : int, shape (words,)
        Rows and pixels without taps that were passed over before this word, a cycle each.
    counts : int, shape (words,)
        Activations in the word that the lanes must multiply.
    is_here : bool, shape (words,)
        The word was read together with the one before it.
    trailing_skips : int
        Rows and pixels without taps after the last word.
    work : int, shape (activations, blocks, lanes)
        Products of each activation and block of weights, in the lanes that take them: those of a
        group, or of all if the layer is shared; one lane if they are in step or the layer is
        channelwise.
    lane : int, shape (activations,)
        The lane of the group that multiplies, if the layer is channelwise.
    products : int
        Of all lanes.
    """

    skips: Ints
    counts: Ints
    is_here: npt.NDArray[np.bool_]
    trailing_skips: int
    work: Ints
    lane: Ints
    products: int


def stream_of_tile(
    image: Image, layer: Any, tile: Any, source: Placement, active: npt.NDArray[np.bool_]
) -> TileStream:
    """Follow the front end through a tile.

    Parameters
    ----------
    image : Image
    layer, tile : constants of `Layer` and `Tile`
    source : Placement
        The layer's input.
    active : bool, shape (height, width, channels)
        Activations of the input that count.
    """
    row, rest = divmod(tile.input_address - source.address, source.row_words)
    column, word = divmod(rest, source.pixel_words)
    down, across = (
        _positions(layer_axis, tile_axis)
        for layer_axis, tile_axis in ((layer.y, tile.y), (layer.x, tile.x))
    )
    words = tile.words + 1

    # A visit is a word that is read, or a row or pixel that is passed over.
    row_visits = np.repeat(across > 0, np.where(across > 0, words, 1))
    visits = np.concatenate([row_visits if taps else np.zeros(1, bool) for taps in down])
    read = np.flatnonzero(visits)
    skips = np.diff(read, prepend=-1) - 1

    # Of those read together the first is even; what is passed over, and a new pixel, end a pair.
    rows = row + np.flatnonzero(down > 0)
    columns = column + np.flatnonzero(across > 0)
    begins = np.add.outer(rows * source.row_words, columns * source.pixel_words).reshape(-1, 1)
    places = np.arange(words)
    is_odd = (source.address + word + begins + places) % image.config.read_words > 0
    is_here = is_odd & (places > 0)

    channels = tile.words * WORD_BYTES + int(tile.last_mask).bit_length()
    first = word * WORD_BYTES
    region = active[row : row + len(down), column : column + len(across), first : first + channels]
    met = region[down > 0][:, across > 0]
    counted = np.zeros((*met.shape[:2], words * WORD_BYTES), np.int64)
    counted[:, :, :channels] = met
    ys, xs, cs = np.nonzero(met)
    positions = down[down > 0][ys] & across[across > 0][xs]

    config = image.config
    lanes = config.lanes if layer.shared else config.group_lanes
    work = _work(image, layer, tile, positions, cs, lanes)
    in_step = config.sparsity != "both" and not layer.channelwise
    return TileStream(
        skips=skips,
        counts=counted.reshape(-1, WORD_BYTES).sum(axis=1),
        is_here=is_here.reshape(-1),
        trailing_skips=int(len(visits) - 1 - read[-1]) if len(read) else len(visits),
        work=work,
        lane=cs % lanes,
        products=int(work.sum()) * (lanes if in_step else 1),
    )


def _work(image: Image, layer: Any, tile: Any, positions: Ints, channels: Ints, lanes: int) -> Ints:
    """Count the products of each activation, block and lane."""
    blocks = np.arange(layer.blocks + 1)
    asked = np.repeat(positions[:, None, None], len(blocks), axis=1)
    asked[:, -1] &= layer.last_positions
    if image.config.sparsity != "both" or layer.unit_weights:
        in_all = layer.channelwise or image.config.sparsity != "both"
        return ONES[asked if in_all else np.repeat(asked, lanes, axis=2)]
    masks = (image.headers[:, :lanes] & (1 << POSITIONS) - 1).astype(np.int64)
    steps = channels // lanes if layer.channelwise else channels
    rows = tile.weights + steps[:, None] * layer.channel_weights + blocks * layer.block_weights
    if layer.channelwise:
        return ONES[asked & masks[rows, (channels % lanes)[:, None]][:, :, None]]
    return ONES[asked & masks[rows]]


def _positions(layer: Any, tile: Any) -> Ints:
    """Return the positions whose tap meets an output, as a mask, for each input coordinate."""
    taps = [int(tap) for tap in layer.taps]
    meets, outputs, phase = int(tile.meets), int(tile.outputs), int(tile.phase)
    kernel, last_phase = int(tile.kernel), int(layer.last_phase)
    masks = []
    for _ in range(tile.inputs + 1):
        masks.append(sum((meets >> tap & 1) << index for index, tap in enumerate(taps)))
        begins = phase == last_phase
        is_new = begins and outputs > 0
        outputs -= is_new
        phase = 0 if begins else phase + 1
        meets = (meets << 1 | is_new) & kernel
    return np.array(masks, np.int64)
