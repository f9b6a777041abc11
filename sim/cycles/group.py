"""When a group of lanes can take a tile, and when its results are written."""

from typing import Any

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.elementwise import Elementwise
from zeroleap.hw.turns import Turns
from zeroleap.sim.cycles.front_end import START, Turn

__all__ = ["GroupTimes", "count_frames"]

BANK_TOLD = 1
"""Cycles until lanes know that a bank is open, and, of two, the way back that they have left it."""


def count_frames(tile: Any, frame: int, sharer: int | None) -> int:
    """Return how many times values are written together, by a group that shares the tile or not."""
    channels = tile.channels + 1
    if sharer is not None:
        channels = max(0, min(channels - sharer * tile.group_channels, tile.group_channels))
    return int((tile.y.last + 1) * (tile.x.last + 1) * -(-channels // frame))


class GroupTimes:
    """The places of the tiles of one group.

    Parameters
    ----------
    config : EngineConfig
    index : int
    first_turn : int
        A cycle that is the first group's turn.
    shared : bool
        The group does some of the output channels of every tile, rather than some of the tiles.
    combines : bool
        Values are combined on the way out.
    scatters : bool
        Each value is written by itself.

    Attributes
    ----------
    turn : Turn
        When its front end may read.
    ready : int
        First cycle in which it can take a tile.
    written : int
        First cycle in which all tiles are written that its lanes are done with.
    """

    def __init__(
        self,
        config: EngineConfig,
        index: int,
        *,
        first_turn: int,
        shared: bool,
        combines: bool = False,
        scatters: bool = False,
    ) -> None:
        self.index = index
        self._has_one_bank = config.banks == 1
        self._frame = 1 if scatters else config.frame
        self._turn_frame = config.frame
        self._shared = shared
        self._interval, self._way_back = 1, Turns.WAY_BACK
        begin, read_period = index, 1
        if combines:
            self._interval, self._way_back = Elementwise.INTERVAL, Turns.COMBINED_WAY_BACK
            if self._has_one_bank:
                self._way_back += Turns.ONE_PORT_WAIT
            begin, read_period = self._interval * index + Turns.COMBINED_BEGIN, 2
        self._frames = Turn(first_turn + begin, self._interval * config.groups)
        read_first, readers = (0, 1) if shared else (index, config.groups)
        self.turn = Turn(first_turn + read_period * read_first, read_period * readers)
        self.ready = self.written = 0
        self._unpending = 0  # first cycle in which no tile is pending

    @property
    def opens(self) -> int:
        """First cycle in which its lanes may go on to the other bank."""
        return self.written + BANK_TOLD

    def walked(self, tile: Any, idle: int, done: int | None) -> None:
        """Take a tile that the front end is done with in cycle ``idle``, the lanes in ``done``.

        The lanes are not done with a part of a tile.
        """
        if done is None:
            self.ready = idle + 1
            return
        if not self._has_one_bank:
            done += BANK_TOLD
        pending = max(idle, self._unpending) + 1
        drain = max(pending, done, self.written)
        self.ready = pending
        self._unpending = drain + 1
        self.written = self._written(tile, drain)
        if self._has_one_bank:
            self.ready = self.written

    def _written(self, tile: Any, drain: int) -> int:
        """Return when it is written: a frame of channels is drained in turn."""
        frames = count_frames(tile, self._frame, self.index if self._shared else None)
        if not frames:
            return drain + 2
        begun = self._frames.after(drain + START) + (frames - 1) * self._frames.period
        return begun + self._interval * (self._turn_frame - 1) + self._way_back + 2
