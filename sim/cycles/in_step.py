"""Times of lanes in step: of a set, of a group's sets, of the groups that share a stream."""

from collections.abc import Sequence

from zeroleap.sim.cycles.lane_times import DONE
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["InStep", "InStepTogether", "Sets"]


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


class _Several:
    """Lanes in step behind ``count`` queues; the end of a tile goes into all of them."""

    def __init__(self, count: int, queue_depth: int) -> None:
        self.parts = [InStep(queue_depth) for _ in range(count)]

    def begin(self, stream: TileStream) -> None:
        for lanes in self.parts:
            lanes.begin(stream)

    def room_for_end(self) -> int:
        return max(lanes.room_for_end() for lanes in self.parts)


class Sets(_Several):
    """Sets of lanes in step, of which every activation is for one: that of ``lane % sets``."""

    def begin(self, stream: TileStream) -> None:
        super().begin(stream)
        self._set = [self.parts[lane % len(self.parts)] for lane in stream.lane.tolist()]

    def room(self, activation: int) -> int:
        return self._set[activation].room_for_end()

    def give(self, activation: int, given: int) -> None:
        self._set[activation].give(activation, given)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [max(done for lanes in self.parts for done in lanes.end(given, opens))]


class InStepTogether(_Several):
    """Groups of lanes in step that take the same activations, each when all can."""

    def room(self, activation: int) -> int:
        return self.room_for_end()

    def give(self, activation: int, given: int) -> None:
        for group in self.parts:
            group.give(activation, given)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [
            done
            for group, is_open in zip(self.parts, opens, strict=True)
            for done in group.end(given, [is_open])
        ]
