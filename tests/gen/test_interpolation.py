"""Which outputs of an interpolation are done together."""

import numpy as np
import pytest

from zeroleap.gen.interpolation import Run, runs
from zeroleap.gen.ir import Interpolate


def along(*places):
    """Return the runs of rows; there is one column."""
    return [down for down, _ in runs(Interpolate("n", "N", ("x",), "y", places, (0,)))]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ((0,), [Run(0, 1, 1, 0, 1, (1,))]),
        ((0, 1024, 2048), [Run(0, 3, 1, 0, 1, (1,))]),
        # Twice the size: what lies on an input, what lies halfway, and the end once more.
        (
            (0, 512, 1024, 1536, 2048, 2048),
            [Run(0, 3, 2, 0, 1, (2,)), Run(5, 1, 1, 2, 1, (2,)), Run(1, 2, 2, 0, 1, (1, 1))],
        ),
        # The same by centres: both ends, one input apart and three outputs.
        (
            (0, 256, 768, 1024),
            [Run(0, 2, 3, 0, 1, (4,)), Run(1, 1, 1, 0, 1, (3, 1)), Run(2, 1, 1, 0, 1, (1, 3))],
        ),
        # Half the size: every second pair.
        ((512, 2560, 4608), [Run(0, 3, 1, 0, 2, (1, 1))]),
    ],
)
def test_by_hand(places, expected):
    assert along(*places) == expected


@pytest.mark.parametrize("seed", range(30))
def test_all_outputs_are_done_once_where_they_lie(seed):
    rng = np.random.default_rng(seed)
    length, outputs = int(rng.integers(1, 9)), int(rng.integers(1, 30))
    unit = int(rng.choice([1, 64, 128, 256, 512, 1024]))
    places = np.sort(rng.integers(0, (length - 1) * 1024 // unit + 1, outputs)) * unit
    done = {}
    for run in along(*places.tolist()):
        assert run.stride >= 1
        for at in range(run.count):
            start, whole = run.start + at * run.stride, sum(run.weights)
            after = run.weights[1] if len(run.weights) > 1 else 0
            assert 0 <= start <= start + len(run.weights) - 1 < length
            place = (start * whole + after) * 1024 / whole
            assert done.setdefault(run.first + at * run.step, place) == place
    assert done == dict(enumerate(places.tolist()))
