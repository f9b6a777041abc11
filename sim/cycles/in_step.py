"""Times of lanes in step: of a set, and of a group's sets."""

from collections.abc import Sequence

from zeroleap.sim.cycles.lane_times import DONE
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["InStep", "Sets"]


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
        if len(self._taken) < self._depth:
            return 0
        return self._taken[-self._depth] + 1

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


class Sets:
    """Sets of lanes in step, of which every activation is for one: that of ``lane % sets``."""

    def __init__(self, count: int, queue_depth: int) -> None:
        self.parts = [InStep(queue_depth) for _ in range(count)]

    def begin(self, stream: TileStream) -> None:
        for lanes in self.parts:
            lanes.begin(stream)
        self._set = [self.parts[lane % len(self.parts)] for lane in stream.lane.tolist()]

    def room(self, activation: int) -> int:
        return self._set[activation].room_for_end()

    def room_for_end(self) -> int:
        return max(lanes.room_for_end() for lanes in self.parts)

    def give(self, activation: int, given: int) -> None:
        self._set[activation].give(activation, given)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [max(done for lanes in self.parts for done in lanes.end(given, opens))]
