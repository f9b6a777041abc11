"""When lanes take activations out of their queues, and when they are done with a tile.

Every event takes place in the first cycle in which all it waits for has happened, so each time is a
maximum of earlier ones plus a constant. A block of weights enters the first of ``stages`` a cycle
after its activation left the queue, leaves the last one when it is its turn to be multiplied, or
after a cycle if there is nothing to multiply; its turn ends after a cycle for each product.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lane import Lane
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.picker import Picker
from zeroleap.hw.sparse_lanes import SparseLanes
from zeroleap.sim.cycles.block_turns import BlockTurns
from zeroleap.sim.cycles.stream import TileStream

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
        if not self._depth:
            return self._last_turn - 1
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
        entered = max(given + (2 if self._depth else 1), self._last_turn)
        self._taken.append(entered - 1)
        self._free = max(entered + 1, self._free)


class OnTheirOwn:
    """Lanes with a queue each, which take each activation when all have room for it.

    There is room when the activation ``queue_depth`` before it has left all queues. So that many
    are given before anything must be known of them, and then all their blocks are done at once.

    A block is ready as if those before it always moved on: that they wait delays when it enters the
    look-up (and its activation leaves the queue), but at the end it is behind them anyway. So it is
    ready ``stages`` cycles after ``entry[i] = max(entry[i - 1] + 1, given + 2)``, in all lanes. It
    enters the last lane in ``max(entry[i], left[i - stages])``, where ``left`` is when a block left
    the look-up in the last lane: both terms grow with each block.
    """

    def __init__(self, lanes: int, queue_depth: int, stages: int, groups: int = 1) -> None:
        self._groups = groups
        self._stages = stages
        self._rooms = [0] * queue_depth  # when the next activations, and ends, may be given
        self._given = 0  # of them
        self._entries: list[int] = []  # of activations of which more is not known yet
        self._entry = -1  # the latest block's
        self._lefts = np.zeros(stages, np.int64)  # the latest blocks', in the last lane
        nothing = np.zeros(lanes, np.int64)
        self._turns = BlockTurns(np.zeros((0, lanes), np.int64), nothing, nothing)
        self._blocks = 1  # of an activation

    def begin(self, stream: TileStream) -> None:
        self._catch_up()
        _, self._blocks, lanes = stream.work.shape
        work = stream.work.reshape(-1, lanes)
        self._turns = BlockTurns(work, self._turns.left, self._turns.free)

    def room(self, activation: int) -> int:
        return self.room_for_end()

    def room_for_end(self) -> int:
        if self._given == len(self._rooms):
            self._catch_up()
        return self._rooms[self._given]

    def give(self, activation: int, given: int) -> None:
        self._enter(given)
        self._entry += self._blocks - 1

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        self._catch_up()
        self._blocks = 1
        self._enter(given)
        before = self._turns
        lanes = len(before.left)
        end = BlockTurns(np.ones((1, lanes), np.int64), before.left, before.free)
        self._turns = end
        self._catch_up()
        turns = np.maximum(end.left.reshape(self._groups, -1), np.array(opens)[:, None])
        self._turns = BlockTurns(np.zeros((0, lanes), np.int64), end.left, turns.ravel() + 1)
        return [turn + DONE for turn in turns.max(axis=1).tolist()]

    def _enter(self, given: int) -> None:
        self._entry = max(self._entry + 1, given + 2)
        self._entries.append(self._entry)
        self._given += 1

    def _catch_up(self) -> None:
        """Find out when all that was given left the queues."""
        if not self._entries:
            return
        entries = np.add.outer(self._entries, np.arange(self._blocks)).ravel()
        left = self._turns.leave(entries + self._stages)
        lefts = np.concatenate([self._lefts, left])
        entered = np.maximum(entries, lefts[: len(entries)])
        self._rooms += entered[:: self._blocks].tolist()
        self._lefts = lefts[-self._stages :]
        self._entries = []


class OneByOne:
    """Lanes with a queue each, of which every activation is for one, with one block."""

    def __init__(self, lanes: int, queue_depth: int, stages: int) -> None:
        self._lanes = [_Lane(queue_depth, stages) for _ in range(lanes)]

    def begin(self, stream: TileStream) -> None:
        self._lane = [self._lanes[index] for index in stream.lane.tolist()]
        self._work = stream.work.ravel().tolist()

    def room(self, activation: int) -> int:
        return self._lane[activation].rooms[0]

    def room_for_end(self) -> int:
        return max(lane.rooms[0] for lane in self._lanes)

    def give(self, activation: int, given: int) -> None:
        self._lane[activation].take(given, self._work[activation])

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [max(lane.end(given, opens[0]) for lane in self._lanes) + DONE]


class _Lane:
    """One lane, whose activations have a block each."""

    def __init__(self, queue_depth: int, stages: int) -> None:
        self.rooms = deque([0] * queue_depth, queue_depth)  # for the next activations
        self._stages = stages
        self._lefts = deque([0] * stages, stages)
        self._entered = self._free = 0

    def take(self, given: int, products: int) -> None:
        ready = self._enter(given)
        if products:
            ready = max(ready, self._free)
            self._free = ready + products
        self._lefts.append(ready)

    def end(self, given: int, is_open: int) -> int:
        """Return when it has its turn."""
        left = max(self._enter(given), self._free)
        self._lefts.append(left)
        turn = max(left, is_open)
        self._free = turn + 1
        return turn

    def _enter(self, given: int) -> int:
        """Return when the block is ready to leave."""
        self._entered = max(self._entered + 1, self._lefts[0], given + 2)
        self.rooms.append(self._entered)
        return max(self._entered + self._stages, self._lefts[-1] + 1)


class InStepTogether:
    """Groups of lanes in step that take the same activations, each when all can."""

    def __init__(self, groups: int, queue_depth: int) -> None:
        self._groups = [InStep(queue_depth) for _ in range(groups)]

    def begin(self, stream: TileStream) -> None:
        for group in self._groups:
            group.begin(stream)

    def room(self, activation: int) -> int:
        return self.room_for_end()

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
    depth = config.queue_depth
    if config.sparsity != "both":
        assert Lanes.BLOCK_STAGES == 1
        if shared:
            return [InStepTogether(config.groups, depth)]
        return [InStep(depth) for _ in range(config.groups)]
    stages = SparseLanes.BLOCK_STAGES
    if shared:
        return [OnTheirOwn(config.lanes, depth, stages, config.groups)]
    kind = OneByOne if channelwise else OnTheirOwn
    return [kind(config.group_lanes, depth, stages) for _ in range(config.groups)]
