import numpy as np
import pytest

from zeroleap.gen.ir import Requantization
from zeroleap.gen.requantize import requantize
from zeroleap.sim.reference import requantize as reference

INT32 = np.iinfo(np.int32)
HALF = 2**30
ALL = (-128, 127)


@pytest.mark.parametrize(
    ("total", "multiplier", "shift", "zero_point", "clamp", "expected"),
    [
        (5, HALF, 1, -3, ALL, 2),  # 5 * 1 - 3
        (5, HALF, 0, 0, ALL, 3),  # 2.5: up
        (-5, HALF, 0, 0, ALL, -2),  # -2.5: up, too
        (10, HALF, -1, 0, ALL, 3),  # 5, then 2.5: away from zero
        (-10, HALF, -1, 0, ALL, -3),  # -5, then -2.5: away from zero
        (2**30, HALF, 2, 7, ALL, 7),  # 2**32 wraps to 0
        (2**31 + 4, HALF, 0, 0, ALL, -128),  # the sum wraps to -2**31 + 4
        (100, HALF, 1, 20, (-5, 90), 90),
        (-100, HALF, 1, 20, (-5, 90), -5),
        (INT32.max, 0, 30, 4, ALL, 4),
        (INT32.max, INT32.max, 0, 127, ALL, -128),  # 2**31 - 2 + 127 wraps
    ],
)
def test_answers_worked_by_hand(total, multiplier, shift, zero_point, clamp, expected):
    assert requantize(int(total), int(multiplier), shift, zero_point, clamp) == expected


def test_equals_the_reference():
    random = np.random.default_rng(3)
    corners = [0, 1, -1, INT32.max, INT32.min, 2**30, -(2**30)]
    for shift in range(-31, 31):
        totals = np.concatenate([corners, random.integers(-(2**31), 2**31, 60)])
        totals[20:40] >>= random.integers(0, 32, 20)
        multipliers = random.integers(2**30, 2**31, len(totals))
        multipliers[::5] = random.choice([0, 2**30, 2**31 - 1], len(multipliers[::5]))
        zero_point = int(random.integers(-128, 128))
        for clamp in (ALL, (INT32.min, INT32.max)):  # the second shows every bit
            scales = Requantization(
                multipliers.astype(np.int32), np.full(len(totals), shift, np.int32)
            )
            expected = reference.requantize(totals, scales, zero_point, clamp)
            received = [
                requantize(int(total), int(multiplier), shift, zero_point, clamp)
                for total, multiplier in zip(totals, multipliers, strict=True)
            ]
            assert received == expected.tolist()
