"""Times of groups that share a stream of activations."""

from collections.abc import Sequence
from dataclasses import replace

from zeroleap.sim.cycles.lane_times import LaneTimes
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["Together"]


class Together:
    """Groups that take the same activations, each when all have room for it.

    Parameters
    ----------
    groups : sequence of LaneTimes
    lanes : int
        Of a group. Where lanes have work of their own, those of a group follow one another in the
        stream, and then come those of the next.
    """

    def __init__(self, groups: Sequence[LaneTimes], lanes: int) -> None:
        self._groups = groups
        self._lanes = lanes

    def begin(self, stream: TileStream) -> None:
        for index, group in enumerate(self._groups):
            own = slice(index * self._lanes, (index + 1) * self._lanes)
            is_common = stream.work.shape[-1] == 1
            group.begin(stream if is_common else replace(stream, work=stream.work[..., own]))

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
