"""When a group of lanes can take a tile, and when its results are written."""

from typing import Any

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.turns import Turns
from zeroleap.sim.cycles.front_end import START, Turn

__all__ = ["GroupTimes"]


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

    Attributes
    ----------
    turn : Turn
        When its front end may read.
    ready : int
        First cycle in which it can take a tile.
    written : int
        First cycle in which all tiles are written that its lanes are done with.
    """

    def __init__(self, config: EngineConfig, index: int, *, first_turn: int, shared: bool) -> None:
        self.index = index
        self._frame = config.frame
        self._shared = shared
        self._frames = Turn(first_turn + index, config.groups)
        self.turn = Turn(0, 1) if shared else self._frames
        self.ready = self.written = 0
        self._unpending = 0  # first cycle in which no tile is pending

    def walked(self, tile: Any, idle: int, done: int | None) -> None:
        """Take a tile that the front end is done with in cycle ``idle``, the lanes in ``done``.

        The lanes are not done with a part of a tile.
        """
        if done is None:
            self.ready = idle + 1
            return
        pending = max(idle, self._unpending) + 1
        drain = max(pending, done, self.written)
        self.ready = pending
        self._unpending = drain + 1
        self.written = self._written(tile, drain)

    def _written(self, tile: Any, drain: int) -> int:
        """Return when it is written: a frame of channels is drained in turn."""
        channels = tile.channels + 1
        if self._shared:
            first = self.index * tile.group_channels
            channels = min(channels - first, tile.group_channels)
        if channels <= 0:
            return drain + 2
        pixels = (tile.y.last + 1) * (tile.x.last + 1)
        frames = pixels * -(-channels // self._frame)
        begun = self._frames.after(drain + START) + (frames - 1) * self._frames.period
        return int(begun + self._frame + Turns.WAY_BACK + 1)
