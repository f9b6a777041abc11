"""Times of lanes on their own that take every activation."""

from collections.abc import Sequence

import numpy as np

from zeroleap.sim.cycles.block_turns import BlockTurns
from zeroleap.sim.cycles.lane_times import DONE
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["OnTheirOwn"]


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

    def __init__(self, lanes: int, queue_depth: int, stages: int, matches: int) -> None:
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
        self._turns.free = np.maximum(self._turns.free, max(opens) + 1)
        return [int(self._turns.free.max()) - 1 + DONE]

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
