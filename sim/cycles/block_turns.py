"""When lanes that look up their weights get to the blocks of a tile, many blocks at a time."""

import numpy as np
import numpy.typing as npt

__all__ = ["BlockTurns"]

Ints = npt.NDArray[np.int64]

FAR = 1 << 40
"""More cycles than anything takes."""


class BlockTurns:
    """The blocks of a tile in each lane, one after the other.

    A block that is ready leaves the look-up a cycle after the block before it at the earliest; one
    with products does not leave before the turn of the latest one with products is over. For block
    ``i`` of a lane in which ``j`` is that latest one::

        left[i] = max(ready[i], left[j] + max(i - j, products[j]))     with products
        left[i] = max(ready[i], left[j] + i - j)                       without

    The blocks between ``j`` and ``i`` need not be looked at: they are ready in other cycles each,
    in order. With ``passed``, the sum of the steps from each block with products to the next,
    ``left - passed`` is the largest ``ready - passed`` so far.

    Parameters
    ----------
    work : int, shape (blocks, lanes)
        Products.
    left, free : int, shape (lanes,)
        When the latest block before them left, and when the latest turn is over.

    Attributes
    ----------
    left : int, shape (lanes,)
        When the latest block left.
    """

    def __init__(self, work: Ints, left: Ints, free: Ints) -> None:
        index = np.arange(len(work))[:, None]
        has_products = work > 0
        latest = np.maximum.accumulate(np.where(has_products, index, -1), axis=0)
        before = np.concatenate([np.full((1, len(left)), -1), latest])
        turns = np.concatenate([(free - left)[None], work])
        self._last_turns = np.take_along_axis(turns, before + 1, axis=0)
        steps = np.maximum(index - before[:-1], self._last_turns[:-1])
        passed = np.cumsum(np.where(has_products, steps, 0), axis=0)
        self._before = np.where(has_products, -passed, -FAR)
        self._after = passed + index - latest
        self._passed = np.concatenate([np.zeros((1, len(left)), np.int64), passed])
        self._done = 0
        self._delay = left  # of the latest block with products, less what was passed
        self.left = left

    @property
    def free(self) -> Ints:
        """When the latest turn is over, in each lane."""
        return self._delay + self._passed[self._done] + self._last_turns[self._done]

    def leave(self, ready: Ints) -> Ints:
        """Return when the next blocks have left the look-up in all lanes.

        Parameters
        ----------
        ready : int, shape (blocks,)
            When they may leave it, each later than the one before.
        """
        part = slice(self._done, self._done + len(ready))
        delays = self._before[part] + ready[:, None]
        np.maximum(delays[0], self._delay, out=delays[0])
        np.maximum.accumulate(delays, axis=0, out=delays)
        self._done, self._delay = part.stop, delays[-1].copy()
        delays += self._after[part]
        self.left = np.maximum(delays[-1], ready[-1])
        return np.maximum(delays.max(axis=1), ready)
