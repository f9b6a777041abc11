"""Times of lanes on their own of which each takes activations of its own."""

from collections import deque
from collections.abc import Sequence

from zeroleap.sim.cycles.lane_times import DONE
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["OneByOne"]


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
