"""Deals output channels to groups of lanes, and to lanes."""

import numpy as np
import numpy.typing as npt

from zeroleap.hw.config import WORD_BYTES

__all__ = ["Dealing", "deal_evenly", "deal_in_turn", "group_channels"]

Dealing = npt.NDArray[np.int64]
"""Lane and slot of each channel: shape (channels, 2)."""


def group_channels(channels: int, groups: int) -> int:
    """Return the output channels of each group that shares a tile: whole words, to be written."""
    return -(-channels // (WORD_BYTES * groups)) * WORD_BYTES


def deal_in_turn(channels: int, lanes: int) -> Dealing:
    """Give channel ``slot * lanes + lane`` to ``lane``."""
    slot, lane = np.divmod(np.arange(channels), lanes)
    return np.stack([lane, slot], axis=1)


def deal_evenly(work: npt.NDArray[np.int64], lanes: int) -> Dealing:
    """Give each lane about the same work, and at most as many channels as in turn.

    The most work first, each to the lane that has the least so far.

    Parameters
    ----------
    work : int64, shape (channels,)
        Weights that are not zero.
    lanes : int
    """
    slots = -(-len(work) // lanes)
    load, taken = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    dealing = np.zeros((len(work), 2), np.int64)
    for channel in np.argsort(-work, kind="stable"):
        lane = int(np.argmin(np.where(taken < slots, load, np.iinfo(np.int64).max)))
        dealing[channel] = lane, taken[lane]
        load[lane] += work[channel]
        taken[lane] += 1
    return dealing
