"""Times of groups that share a stream of activations."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zeroleap.sim.cycles.lane_times import LaneTimes
from zeroleap.sim.cycles.stream import TileStream

__all__ = ["Together"]


class Together:
    """Groups that take the same activations, each when all have room for it.

    Parameters
    ----------
    parts : sequence of LaneTimes
        A group each. Where lanes have work of their own, those of a group follow one another in the
        stream, and then come those of the next.
    """

    def __init__(self, parts: Sequence[LaneTimes]) -> None:
        self.parts = parts

    def begin(self, stream: TileStream) -> None:
        count = len(self.parts)
        is_common = stream.work.shape[2] == 1
        works = [stream.work] * count if is_common else np.split(stream.work, count, axis=2)
        for group, work in zip(self.parts, works, strict=True):
            group.begin(replace(stream, work=work))

    def room(self, activation: int) -> int:
        return max(group.room(activation) for group in self.parts)

    def room_for_end(self) -> int:
        return max(group.room_for_end() for group in self.parts)

    def give(self, activation: int, given: int) -> None:
        for group in self.parts:
            group.give(activation, given)

    def end(self, given: int, opens: Sequence[int]) -> list[int]:
        return [
            done
            for group, is_open in zip(self.parts, opens, strict=True)
            for done in group.end(given, [is_open])
        ]
