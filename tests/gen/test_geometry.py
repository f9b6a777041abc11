"""Which inputs some outputs meet, with all taps or with a part of them."""

import numpy as np
import pytest
from hardware import geometry, random_geometry

from zeroleap.gen.ir import Padding

SEEDS = range(20)


def met_by(shape, axis, outputs, taps):
    """Input coordinates within the map that outputs meet with some taps: the definition."""
    before = (shape.padding.top, shape.padding.left)[axis]
    size = (shape.height, shape.width)[axis]
    met = {output * shape.stride[axis] + tap - before for output in outputs for tap in taps}
    return sorted(met & set(range(size)))


@pytest.mark.parametrize("seed", SEEDS)
def test_inputs_that_are_met_are_within_the_range(seed):
    """The range begins and ends with an input that is met; gaps of a stride are within."""
    random = np.random.default_rng(seed)
    shape = random_geometry(random)
    for axis, size in ((0, shape.out_height), (1, shape.out_width)):
        kernel = shape.kernel[axis]
        for first in range(size):
            for count in range(1, size - first + 1):
                part = int(random.integers(kernel))
                taps = int(random.integers(1, kernel - part + 1))
                for given, looked_at in ((None, (0, kernel)), ((part, taps), (part, taps))):
                    start, number = shape.input_range(axis, first, count, given)
                    met = met_by(
                        shape,
                        axis,
                        range(first, first + count),
                        range(looked_at[0], sum(looked_at)),
                    )
                    assert 0 <= start < (shape.height, shape.width)[axis]
                    assert set(met) <= set(range(start, start + number))
                    if shape.stride[axis] <= looked_at[1]:  # without gaps
                        assert met == [*range(start, start + number)]


def test_parts_of_a_kernel_by_hand():
    """5 taps over 6 rows, 2 above: row 0 meets output 0 with tap 2, so in the first part of 3."""
    shape = geometry((6, 6), (1, 1), (5, 5), (1, 1), Padding(top=2, left=9))
    assert shape.input_range(0, 0, 1) == (0, 3)
    assert shape.input_range(0, 0, 1, (0, 3)) == (0, 1)
    assert shape.input_range(0, 0, 1, (3, 2)) == (1, 2)
    assert shape.input_range(0, 1, 2, (3, 2)) == (2, 3)
    assert shape.input_range(1, 0, 1, (0, 5))[1] == 0  # nothing but padding
