"""Deals output channels to groups of lanes, and to lanes."""

import numpy as np
import numpy.typing as npt

from zeroleap.hw.config import WORD_BYTES, EngineConfig

__all__ = ["Dealing", "deal", "deal_evenly", "deal_in_turn", "group_channels"]

Dealing = npt.NDArray[np.int64]
"""Lane and slot of each channel: shape (channels, 2)."""


def group_channels(channels: int, groups: int) -> int:
    """Return the output channels of each group that shares a tile: whole words, to be written."""
    return -(-channels // (WORD_BYTES * groups)) * WORD_BYTES


def deal(
    work: npt.NDArray[np.int64], config: EngineConfig, *, shared: bool, in_turn: bool
) -> list[Dealing]:
    """Deal the output channels of a tile to lanes, once for each group that has all of them.

    Parameters
    ----------
    work : int64, shape (channels,)
        Weights that are not zero.
    config : EngineConfig
    shared : bool
        Each group has some of the channels; there is one dealing.
    in_turn : bool
        Whatever the work.
    """
    lanes = config.group_lanes
    size = group_channels(len(work), config.groups) if shared else len(work)
    dealings = [
        deal_in_turn(len(part), lanes) if in_turn else deal_evenly(part, lanes)
        for part in (work[first : first + size] for first in range(0, len(work), size))
    ]
    if shared:
        in_groups = [_of_group(dealing, index * lanes) for index, dealing in enumerate(dealings)]
        return [np.concatenate(in_groups)]
    return [_of_group(dealings[0], index * lanes) for index in range(config.groups)]


def _of_group(dealing: Dealing, first_lane: int) -> Dealing:
    return dealing + np.array([first_lane, 0])


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
