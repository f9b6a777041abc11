"""When lanes that look up their weights get to the blocks of a tile, many blocks at a time."""

import numpy as np
import numpy.typing as npt

__all__ = ["BlockTurns"]

Ints = npt.NDArray[np.int64]

FAR = 1 << 40
"""More cycles than anything takes."""


class BlockTurns:
    """The blocks of each lane, one after the other.

    A block that is ready leaves the look-up a cycle after the block before it at the earliest. If
    it has products it goes into a queue, in which it is a cycle at least, and from there to its
    turn when the one before it is over. No block leaves while the queue is full: with ``m`` blocks
    with products before block ``i``::

        left[i] = max(ready[i], left[i - 1] + 1, turn[m - matches] + 1)
        turn[m] = max(left[i] + 1, turn[m - 1] + products[m - 1])

    Of ``matches`` blocks at a time all that they wait for in the queue is known before, and both
    are running maxima: of ``left`` less the steps of 1, and of ``turn`` less the products so far.

    Parameters
    ----------
    lanes : int
    matches : int
        Depth of the queue.

    Attributes
    ----------
    left, free : int, shape (lanes,)
        When the latest block left, and when the latest turn is over.
    """

    def __init__(self, lanes: int, matches: int) -> None:
        self.left = np.zeros(lanes, np.int64)
        self.free = np.zeros(lanes, np.int64)
        self._turns = np.zeros((matches, lanes), np.int64)  # the latest

    def leave(self, ready: Ints, work: Ints) -> Ints:
        """Return when the next blocks have left the look-up in all lanes.

        Parameters
        ----------
        ready : int, shape (blocks,)
            When they may leave it, each later than the one before.
        work : int, shape (blocks, lanes)
            Products.
        """
        size = len(self._turns)
        firsts = range(0, len(ready), size)
        parts = [self._leave(ready[at : at + size], work[at : at + size]) for at in firsts]
        return np.concatenate(parts)

    def _leave(self, ready: Ints, work: Ints) -> Ints:
        steps = np.arange(len(ready))[:, None]
        has_products = work > 0
        matched = np.cumsum(has_products, axis=0)
        before: Ints = matched - has_products
        room = np.take_along_axis(self._turns, before, axis=0) + 1
        left = np.maximum(ready[:, None], room) - steps
        np.maximum(left[0], self.left + 1, out=left[0])
        left = np.maximum.accumulate(left, axis=0) + steps

        passed = np.cumsum(work, axis=0) - work
        turns = np.where(has_products, left + 1 - passed, -FAR)
        np.maximum(turns[0], self.free, out=turns[0])
        turns = np.maximum.accumulate(turns, axis=0) + passed

        size = len(self._turns)
        latest = np.concatenate([self._turns, turns, turns[:1]])  # the last is for those without
        place = np.where(has_products, size + before, len(latest) - 1)
        np.put_along_axis(latest, place, turns, axis=0)
        self._turns = np.take_along_axis(latest, matched[-1] + np.arange(size)[:, None], axis=0)
        self.left, self.free = left[-1], turns[-1] + work[-1]
        return left.max(axis=1)
