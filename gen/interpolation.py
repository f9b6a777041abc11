"""An interpolation, as sums of neighbours: outputs with the same weights, at even steps."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from zeroleap.gen.ir import Interpolate

__all__ = ["Run", "runs"]


@dataclass(frozen=True)
class Run:
    """Outputs along an axis that weigh their inputs alike.

    Parameters
    ----------
    first, count, step : int
        Outputs.
    start, stride : int
        The first input of the first output, and from an output's to the next one's.
    weights : tuple of int
        Of an output's inputs, one or two neighbours.
    """

    first: int
    count: int
    step: int
    start: int
    stride: int
    weights: tuple[int, ...]


def runs(operator: Interpolate) -> list[tuple[Run, Run]]:
    """Return the runs of rows with those of columns; all weights of two add up to the same."""
    return list(product(_runs(operator.rows), _runs(operator.columns)))


def _runs(places: Sequence[int]) -> Iterator[Run]:
    unit = math.gcd(Interpolate.UNIT, *places)
    whole = Interpolate.UNIT // unit
    alike: defaultdict[tuple[int, ...], list[tuple[int, int]]] = defaultdict(list)
    for output, place in enumerate(places):
        start, after = divmod(place // unit, whole)
        alike[(whole - after, after) if after else (whole,)].append((output, start))
    for weights, found in alike.items():
        while found:
            count, step, stride = _even(found)
            yield Run(found[0][0], count, step, found[0][1], stride, weights)
            found = found[count:]


def _even(found: Sequence[tuple[int, int]]) -> tuple[int, int, int]:
    """Return how many of the first are even steps apart, and the steps of outputs and inputs."""
    steps = [(output - last, start - before) for (last, before), (output, start) in pairwise(found)]
    if not steps or steps[0][1] < 1:
        return 1, 1, 1
    count = next((at for at, step in enumerate(steps) if step != steps[0]), len(steps))
    return count + 1, *steps[0]
