"""When lanes take activations out of their queues, and when they are done with a tile.

Every event takes place in the first cycle in which all it waits for has happened, so each time is a
maximum of earlier ones plus a constant. A block of weights enters the first stage a cycle after its
activation left the queue. With lanes in step there is no other, and it leaves it when it is its
turn to be multiplied. With lanes on their own it leaves the last of ``stages`` for a queue of
``matches`` blocks, or for nowhere if there is nothing to multiply, and that when it is its turn. A
turn ends after a cycle for each product.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lane import Lane
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.matcher import Matcher
from zeroleap.hw.picker import Picker
from zeroleap.hw.queue import Queue
from zeroleap.hw.relay import Relay
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

    def __init__(
        self, lanes: int, queue_depth: int, stages: int, matches: int, groups: int = 1
    ) -> None:
        self._groups = groups
        self._stages = stages
        self._rooms = [0] * queue_depth  # when the next activations, and ends, may be given
        self._given = 0  # of them
        self._entries: list[int] = []  # of activations of which more is not known yet
        self._entry = -1  # the latest block's
        self._lefts = np.zeros(stages, np.int64)  # the latest blocks', in the last lane
        self._turns = BlockTurns(lanes, matches)
        self._work = np.zeros((0, 1, lanes), np.int64)  # of activations that are not looked at yet

    def begin(self, stream: TileStream) -> None:
        self._catch_up()
        self._work = stream.work

    def room(self, activation: int) -> int:
        return self.room_for_end()

    def room_for_end(self) -> int:
        if self._given == len(self._rooms):
            self._catch_up()
        return self._rooms[self._given]

    def give(self, activation: int, given: int) -> None:
        self._enter(given)
        self._entry += self._work.shape[1] - 1

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        self._catch_up()
        self._work = np.ones((1, 1, len(self._turns.free)), np.int64)
        self._enter(given)
        self._catch_up()
        free = np.maximum(self._turns.free.reshape(self._groups, -1), np.array(opens)[:, None] + 1)
        self._turns.free = free.ravel()
        return [turn - 1 + DONE for turn in free.max(axis=1).tolist()]

    def _enter(self, given: int) -> None:
        self._entry = max(self._entry + 1, given + 2)
        self._entries.append(self._entry)
        self._given += 1

    def _catch_up(self) -> None:
        """Find out when all that was given left the queues."""
        if not self._entries:
            return
        count = len(self._entries)
        work, self._work = self._work[:count], self._work[count:]
        _, blocks, lanes = work.shape
        entries = np.add.outer(self._entries, np.arange(blocks)).ravel()
        left = self._turns.leave(entries + self._stages, work.reshape(-1, lanes))
        lefts = np.concatenate([self._lefts, left])
        entered = np.maximum(entries, lefts[: len(entries)])
        self._rooms += entered[::blocks].tolist()
        self._lefts = lefts[-self._stages :]
        self._entries = []


class OneByOne:
    """Lanes with a queue each, of which every activation is for one, with one block."""

    def __init__(self, lanes: int, queue_depth: int, stages: int, matches: int) -> None:
        self._lanes = [_Lane(queue_depth, stages, matches) for _ in range(lanes)]

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

    def __init__(self, queue_depth: int, stages: int, matches: int) -> None:
        self.rooms = deque([0] * queue_depth, queue_depth)  # for the next activations
        self._stages = stages
        self._lefts = deque([0] * stages, stages)
        self._turns = deque([0] * matches, matches)
        self._entered = self._free = 0

    def take(self, given: int, products: int) -> None:
        self._entered = max(self._entered + 1, self._lefts[0], given + 2)
        self.rooms.append(self._entered)
        left = max(self._entered + self._stages, self._lefts[-1] + 1, self._turns[0] + 1)
        self._lefts.append(left)
        if products:
            self._turns.append(max(left + 1, self._free))
            self._free = self._turns[-1] + products

    def end(self, given: int, is_open: int) -> int:
        """Return when it has its turn."""
        self.take(given, 1)
        self._free = max(self._free, is_open + 1)
        return self._free - 1


class Sets:
    """Sets of lanes in step, of which every activation is for one: that of ``lane % sets``."""

    def __init__(self, sets: int, queue_depth: int) -> None:
        self._sets = [InStep(queue_depth) for _ in range(sets)]

    def begin(self, stream: TileStream) -> None:
        for lanes in self._sets:
            lanes.begin(stream)
        self._set = [self._sets[lane % len(self._sets)] for lane in stream.lane.tolist()]

    def room(self, activation: int) -> int:
        return self._set[activation].room_for_end()

    def room_for_end(self) -> int:
        return max(lanes.room_for_end() for lanes in self._sets)

    def give(self, activation: int, given: int) -> None:
        self._set[activation].give(activation, given)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [max(done for lanes in self._sets for done in lanes.end(given, opens))]


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


class Relayed:
    """Lanes behind a queue of `Relay.DEPTH` activations, which leaves to them a cycle later.

    An activation is sent on its way when all lanes that take it have room for it, and enters their
    queues in the cycle after that.

    Parameters
    ----------
    lanes : LaneTimes
    """

    def __init__(self, lanes: LaneTimes) -> None:
        self.lanes = lanes
        self._sent = deque([0] * Relay.DEPTH, Relay.DEPTH)  # the latest activations

    def begin(self, stream: TileStream) -> None:
        self.lanes.begin(stream)

    def room(self, activation: int) -> int:
        return self.room_for_end()

    def room_for_end(self) -> int:
        return self._sent[0] + 1

    def give(self, activation: int, given: int) -> None:
        self._send(given, self.lanes.room(activation))
        self.lanes.give(activation, self._sent[-1] + 1)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        self._send(given, self.lanes.room_for_end())
        return self.lanes.end(self._sent[-1] + 1, opens)

    def _send(self, given: int, room: int) -> None:
        self._sent.append(max(given + 1, self._sent[-1] + 1, room))


def lane_times(config: EngineConfig, *, channelwise: bool, shared: bool) -> list[LaneTimes]:
    """Return the lanes of each front end that is used, empty, at the start of a layer."""
    fronts = _lane_times(config, channelwise=channelwise, shared=shared)
    return [Relayed(lanes) for lanes in fronts] if config.queue_depth else fronts


def _lane_times(config: EngineConfig, *, channelwise: bool, shared: bool) -> list[LaneTimes]:
    depth = config.queue_depth
    if config.sparsity != "both":
        assert Lanes.BLOCK_STAGES == 1
        if shared:
            return [InStepTogether(config.groups, depth)]
        if channelwise:
            return [Sets(config.lane_sets, depth) for _ in range(config.groups)]
        return [InStep(depth) for _ in range(config.groups)]
    stages, matches = SparseLanes.BLOCK_STAGES - Queue.LATENCY, Matcher.MATCHES
    if shared:
        return [OnTheirOwn(config.lanes, depth, stages, matches, config.groups)]
    kind = OneByOne if channelwise else OnTheirOwn
    return [kind(config.group_lanes, depth, stages, matches) for _ in range(config.groups)]
