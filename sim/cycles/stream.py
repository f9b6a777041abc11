"""What the front end of the engine sees of a tile: which words it reads, and what is in them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.memory import Placement
from zeroleap.hw.config import WORD_BYTES

__all__ = ["Words", "count_activations", "words_of_tile"]


@dataclass(frozen=True, eq=False)
class Words:
    """The words of a tile in the order of their reading; arrays of one length.

    Parameters
    ----------
    skips : int
        Rows and pixels without taps that were passed over before this word, a cycle each.
    counts : int
        Activations in the word that the lanes must multiply.
    work : int
        Cycles that each of them keeps the lanes busy.
    products : int
        Products, over all lanes, of each of them.
    trailing_skips : int
        Rows and pixels without taps after the last word.
    """

    skips: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    work: npt.NDArray[np.int64]
    products: npt.NDArray[np.int64]
    trailing_skips: int


def count_activations(
    values: npt.NDArray[np.int8], zero_point: int, skips_zeros: bool
) -> npt.NDArray[np.int64]:
    """Count the activations to multiply in each word of a map.

    Parameters
    ----------
    values : int8, shape (1, height, width, channels)
    zero_point : int
        What is skipped, if ``skips_zeros``.

    Returns
    -------
    int64, shape (height, width, words of a pixel)
    """
    _, height, width, channels = values.shape
    blocks = -(-channels // WORD_BYTES)
    counted = np.zeros((height, width, blocks * WORD_BYTES), np.int64)
    counted[:, :, :channels] = (values[0] != zero_point) if skips_zeros else 1
    return counted.reshape(height, width, blocks, WORD_BYTES).sum(axis=3)


def words_of_tile(
    layer: Any, tile: Any, source: Placement, counts: npt.NDArray[np.int64], lanes: int
) -> Words:
    """List the words that a tile reads.

    Parameters
    ----------
    layer, tile : constants of `Layer` and `Tile`
    source : Placement
        The layer's input.
    counts : int64, shape (height, width, words of a pixel)
        Of the whole input, by `count_activations`.
    lanes : int
    """
    first = tile.input_address - source.address
    row, rest = divmod(first, source.row_words)
    column, block = divmod(rest, source.pixel_words)
    down, across = _taps(tile.y, layer.y.stride), _taps(tile.x, layer.x.stride)
    blocks = tile.blocks + 1

    # A visit is a word that is read, or a row or pixel that is passed over; its taps are 0 then.
    row_visits = np.repeat(across, np.where(across > 0, blocks, 1))
    visits = [row_visits * taps if taps else np.zeros(1, np.int64) for taps in down]
    taps = np.concatenate(visits)
    read = np.flatnonzero(taps)
    skips = np.diff(read, prepend=-1) - 1

    region = counts[row : row + len(down), column : column + len(across), block : block + blocks]
    slots = 1 if layer.channelwise else tile.slots
    channels = 1 if layer.channelwise else (tile.slots - 1) * lanes + tile.last_lanes
    return Words(
        skips=skips,
        counts=region[down > 0][:, across > 0].reshape(-1),
        work=taps[read] * slots,
        products=taps[read] * channels,
        trailing_skips=int(len(taps) - 1 - read[-1]) if len(read) else len(taps),
    )


def _taps(axis: Any, stride: int) -> npt.NDArray[np.int64]:
    """Count the outputs of the tile that each input coordinate of it meets, in one direction.

    The input ``n`` places after the first meets output ``o`` with the tap ``n - (o - position) *
    stride`` after the first one. That is within the kernel if it is at most ``kernel - 1 - first
    tap`` after it and, for outputs that begin later, not before tap 0; the first tap is then
    ``phase``.
    """
    rest_of_kernel = axis.quotient * stride + axis.remainder
    inputs = np.arange(axis.inputs + 1)[:, None]
    outputs = np.arange(axis.last + 1)[None, :]
    after_first = inputs - (outputs - axis.position) * stride
    return ((after_first <= rest_of_kernel) & (after_first + axis.phase >= 0)).sum(axis=1)
