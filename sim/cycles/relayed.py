"""Times of lanes behind a `Relay`."""

from collections import deque
from collections.abc import Sequence

from zeroleap.hw.relay import Relay
from zeroleap.sim.cycles.lane_times import LaneTimes
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["ROOM_TOLD", "Relayed"]

ROOM_TOLD = 1
"""Cycles until a place in a queue is known of where activations are dealt."""


class Relayed:
    """Lanes behind a queue of `Relay.DEPTH` activations, which leaves to them a cycle later.

    An activation is sent on its way when all lanes that take it are known to have room for it, and
    enters their queues in the cycle after that.

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
        self._sent.append(max(given + 1, self._sent[-1] + 1, room + ROOM_TOLD))
