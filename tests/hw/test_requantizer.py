"""The requantiser against the reference's two roundings."""

import numpy as np
import pytest
from hardware import simulate

from zeroleap.gen.ir import Requantization
from zeroleap.hw.requantizer import Requantizer
from zeroleap.sim.reference.requantize import (
    requantize,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

MIN, MAX, HALF = -(2**31), 2**31 - 1, 2**30
SUMS = [0, 1, -1, 2, -2, 3, -3, 127, -128, 40_001, -40_001, HALF, -HALF, 12_345_678, MAX, MIN]
BIASES = [0, -1, 1000, MAX, MIN, HALF]

# Multiplier and shift: halves (every odd sum is a tie), a real layer's scale, the limits.
SCALES = [
    (HALF, 0),
    (HALF, -1),
    (1_518_500_250, -7),
    (MAX, -31),
    (HALF, -31),
    (0, 0),
    (MAX, 0),
    (HALF, 1),
    (MAX, 30),
    (1_518_500_251, 5),
    (HALF + 0xFFFF, -20),
    (0x7FFF_8000, -23),
]


def requantize_in_hardware(cases, zero_point=0, clamp=(-128, 127), gaps=()):
    """Give a case a cycle, but for the ``gaps``; return values and the cycles of their arrival."""
    dut = Requantizer()
    received = []

    async def testbench(ctx):
        ctx.set(dut.layer.output_zero_point, zero_point)
        ctx.set(dut.layer.clamp_low, clamp[0])
        ctx.set(dut.layer.clamp_high, clamp[1])
        waiting = list(cases)
        for cycle in range(len(cases) + len(gaps) + Requantizer.LATENCY + 3):
            ctx.set(dut.valid, bool(waiting) and cycle not in gaps)
            total, bias, multiplier, left, right = (
                waiting.pop(0) if waiting and cycle not in gaps else (99, 99, MAX, 1, 1)
            )
            ctx.set(dut.sum, total)
            ctx.set(
                dut.parameter,
                {
                    "bias": bias,
                    "multiplier": multiplier,
                    "left_shift": left,
                    "right_shift": right,
                },
            )
            assert ctx.get(dut.idle) == (len(waiting) + len(received) == len(cases))
            if ctx.get(dut.value_valid):
                received.append((ctx.get(dut.value), cycle))
            await ctx.tick()

    simulate(dut, testbench)
    values, arrived = zip(*received, strict=True)
    return list(values), list(arrived)


def shifts(shift):
    return max(shift, 0), max(-shift, 0)


def wrap(values):
    return np.asarray(values, np.int64).astype(np.int32)


@pytest.mark.parametrize(
    ("zero_point", "clamp"),
    [(0, (-128, 127)), (-128, (-128, 127)), (127, (-5, 127)), (-3, (-3, 100)), (9, (4, 4))],
)
def test_matches_the_reference(zero_point, clamp):
    cases = [  # neighbours differ in every field
        (SUMS[(index + 5 * scale) % len(SUMS)], BIASES[(index + scale) % 6], *SCALES[scale])
        for index in range(len(SUMS))
        for scale in range(len(SCALES))
    ]
    sums, biases, multiplier, shift = np.transpose(cases)
    scales = Requantization(multiplier.astype(np.int32), shift.astype(np.int32))
    expected = requantize(wrap(sums + biases), scales, zero_point, clamp)

    received, _ = requantize_in_hardware(
        [(total, bias, scale, *shifts(by)) for total, bias, scale, by in cases], zero_point, clamp
    )

    assert received == expected.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_matches_the_reference_on_random_parameters(seed):
    random = np.random.default_rng(seed)
    left, right = random.integers(0, 32, (2, 400)) * (random.random((2, 400)) < 0.6)
    multiplier = random.integers(0, 2**31, 400)
    total = random.integers(MIN, MAX, 400) >> random.integers(0, 31, 400)
    bias = random.integers(MIN, MAX, 400) >> random.integers(0, 31, 400)
    shifted = wrap(wrap(total + bias).astype(np.int64) << left)
    high = saturating_rounding_doubling_high_mul(shifted, multiplier)
    expected = np.clip(rounding_divide_by_pot(high, right), -128, 127)

    cases = np.transpose([total, bias, multiplier, left, right]).tolist()
    received, _ = requantize_in_hardware(cases)

    assert received == expected.tolist()


def test_rounds_twice_by_hand():
    """5 / 4 is 2.5 after the first halving, up to 3, and 1.5, away from zero to 2."""
    cases = [(total, 0, HALF, 0, 1) for total in (5, -5, -7, 1, -1, 2, -2)]
    received, _ = requantize_in_hardware(cases)
    assert received == [2, -1, -2, 1, 0, 1, -1]


def test_the_offset_wraps_before_the_clamp():
    """2**31 - 1, and 1 more, is the smallest number; -2**31, and 1 less, the largest."""
    assert requantize_in_hardware([(MAX, 0, MAX, 1, 0)] * 2)[0] == [-2, -2]
    largest = (2**30, 0, MAX, 0, 0)  # 2**30 - 1 or more stays above
    assert requantize_in_hardware([largest], zero_point=127)[0] == [127]
    smallest = (MIN, 0, MAX, 0, 0)  # -(2**31 - 1)
    assert requantize_in_hardware([smallest], zero_point=-128)[0] == [127]


def test_takes_one_sum_per_cycle():
    _, arrived = requantize_in_hardware([(n, 0, HALF, 1, 0) for n in range(8)])
    assert arrived == [Requantizer.LATENCY + n for n in range(8)]


def test_gaps_stay_gaps():
    cases = [(n, 0, HALF, 1, 0) for n in range(5)]
    received, arrived = requantize_in_hardware(cases, gaps=(1, 2, 5))
    assert received == list(range(5))
    assert arrived == [Requantizer.LATENCY + cycle for cycle in (0, 3, 4, 6, 7)]
