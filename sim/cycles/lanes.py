"""When lanes take activations out of their queues, and when they are done with a tile.

Every event takes place in the first cycle in which all it waits for has happened, so each time is a
maximum of earlier ones plus a constant. A block of weights enters the first of ``stages`` a cycle
after its activation left the queue, leaves the last one when it is its turn to be multiplied, or
after a cycle if there is nothing to multiply; its turn ends after a cycle for each product.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lane import Lane
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.picker import Picker
from zeroleap.hw.sparse_lanes import SparseLanes
from zeroleap.sim.cycles.stream import Ints, TileStream

__all__ = ["LaneTimes", "lane_times"]

DONE = Picker.LATENCY + Lane.LATENCY + 1
"""Cycles from the end of a tile in a lane until all its sums are stored."""


class LaneTimes(Protocol):
    """Lanes that take the same activations during one layer."""

    def begin(self, stream: TileStream) -> None:
        """Go to the next tile, whose activations are numbered from 0."""

    def room(self, activation: int) -> int:
        """Return the first cycle in which this activation finds room in the queue."""

    def give(self, activation: int, given: int) -> None:
        """Put an activation into the queue in cycle ``given``."""

    def room_for_end(self) -> int:
        """Return the first cycle in which the end of a tile may enter all queues."""

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        """End the tile; return the cycle in which the lanes of each group are done with it.

        ``opens`` are the first cycles in which their other bank may be entered.
        """


class InStep:
    """Lanes in step behind one queue: one turn after the other, none of them empty."""

    def __init__(self, queue_depth: int) -> None:
        self._depth = queue_depth
        self._taken: list[int] = []  # when each activation left the queue
        self._last_turn = 0  # when the turn of the latest block began, ...
        self._free = 0  # ... and when it ends

    def begin(self, stream: TileStream) -> None:
        self._total = stream.work.sum(axis=(1, 2)).tolist()
        self._last = stream.work[:, -1, 0].tolist()

    def room(self, activation: int) -> int:
        return self.room_for_end()

    def room_for_end(self) -> int:
        return self._taken[-self._depth] + 1 if len(self._taken) >= self._depth else 0

    def give(self, activation: int, given: int) -> None:
        self._take(given)
        self._free += self._total[activation]
        self._last_turn = self._free - self._last[activation]

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        self._take(given)
        turn = max(self._free, *opens)
        self._last_turn, self._free = self._free, turn + 1
        return [turn + DONE]

    def _take(self, given: int) -> None:
        entered = max(given + 2, self._last_turn)
        self._taken.append(entered - 1)
        self._free = max(entered + 1, self._free)


class OnTheirOwn:
    """Lanes with a queue each: all times are arrays, an element a lane."""

    def __init__(self, lanes: int, queue_depth: int, stages: int) -> None:
        self._depth = queue_depth
        self._stages = stages
        self._taken = np.zeros((queue_depth, lanes), np.int64)  # the latest, in a ring, ...
        self._place = 0  # ... and where the oldest of them is
        self._entered = np.zeros(lanes, np.int64)  # when the latest block entered
        self._left = [np.zeros(lanes, np.int64)] * stages  # when the latest blocks left, in order
        self._free = np.zeros(lanes, np.int64)

    def begin(self, stream: TileStream) -> None:
        self._work = stream.work

    def room(self, activation: int) -> int:
        return self.room_for_end()

    def room_for_end(self) -> int:
        return int(self._taken[self._place].max()) + 1

    def give(self, activation: int, given: int) -> None:
        for index, work in enumerate(self._work[activation]):
            self._enter(given, is_first=index == 0)
            ready = self._ready()
            turn = np.maximum(ready, self._free)
            is_empty = work == 0
            self._leave(np.where(is_empty, ready, turn))
            self._free = np.where(is_empty, self._free, turn + work)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        self._enter(given, is_first=True)
        turn = np.maximum(self._ready(), self._free)
        self._leave(turn)
        turn = np.maximum(turn, max(opens))
        self._free = turn + 1
        return [int(turn.max()) + DONE]

    def _enter(self, given: int, *, is_first: bool) -> None:
        self._entered = np.maximum(self._entered + 1, self._left[0])
        if is_first:
            self._entered = np.maximum(self._entered, given + 2)
            self._taken[self._place] = self._entered - 1
            self._place = (self._place + 1) % self._depth

    def _ready(self) -> Ints:
        return np.maximum(self._entered + self._stages - 1, self._left[-1]) + 1

    def _leave(self, left: Ints) -> None:
        self._left = [*self._left[1:], left]


class OneByOne:
    """Lanes with a queue each, of which every activation is for one, with one block."""

    def __init__(self, lanes: int, queue_depth: int, stages: int) -> None:
        self._lanes = [OnTheirOwn(1, queue_depth, stages) for _ in range(lanes)]

    def begin(self, stream: TileStream) -> None:
        self._lane = stream.lane.tolist()
        for lane in self._lanes:
            lane.begin(stream)

    def room(self, activation: int) -> int:
        return self._lanes[self._lane[activation]].room_for_end()

    def room_for_end(self) -> int:
        return max(lane.room_for_end() for lane in self._lanes)

    def give(self, activation: int, given: int) -> None:
        self._lanes[self._lane[activation]].give(activation, given)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [max(done for lane in self._lanes for done in lane.end(given, opens))]


class Shared:
    """Groups that take the same activations, each when all can."""

    def __init__(self, groups: Sequence[LaneTimes], lanes: int) -> None:
        self._groups = groups
        self._lanes = lanes

    def begin(self, stream: TileStream) -> None:
        for index, group in enumerate(self._groups):
            own = stream.work[:, :, index * self._lanes : (index + 1) * self._lanes]
            in_step = stream.work.shape[2] == 1
            group.begin(stream if in_step else replace(stream, work=own))

    def room(self, activation: int) -> int:
        return max(group.room(activation) for group in self._groups)

    def room_for_end(self) -> int:
        return max(group.room_for_end() for group in self._groups)

    def give(self, activation: int, given: int) -> None:
        for group in self._groups:
            group.give(activation, given)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [
            done
            for group, is_open in zip(self._groups, opens, strict=True)
            for done in group.end(given, [is_open])
        ]


def lane_times(config: EngineConfig, *, channelwise: bool, shared: bool) -> list[LaneTimes]:
    """Return the lanes of each front end that is used, empty, at the start of a layer."""
    groups = [_group_times(config, channelwise=channelwise) for _ in range(config.groups)]
    return [Shared(groups, config.group_lanes)] if shared else groups


def _group_times(config: EngineConfig, *, channelwise: bool) -> LaneTimes:
    if config.sparsity != "both":
        assert Lanes.BLOCK_STAGES == 1
        return InStep(config.queue_depth)
    kind = OneByOne if channelwise else OnTheirOwn
    return kind(config.group_lanes, config.queue_depth, SparseLanes.BLOCK_STAGES)
