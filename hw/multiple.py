"""A few times a step, without a multiplier."""

from amaranth import Array, Const

from zeroleap.hw.config import WORD_BYTES

__all__ = ["multiple"]


def multiple(step, count, thrice=None):
    """Return ``step * count`` for a ``count`` in 0..4: the channels of a word.

    ``thrice`` is ``step * 3`` where that is at hand: the others are shifts.
    """
    shifts = {0: (), 1: (0,), 2: (1,), 3: (0, 1), 4: (2,)}
    multiples = [
        sum((step << shift for shift in shifts[value]), Const(0)) for value in range(WORD_BYTES + 1)
    ]
    if thrice is not None:
        multiples[3] = thrice
    return Array(multiples[: 1 << len(count)])[count]
