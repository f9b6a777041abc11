"""The requantiser against the reference's two roundings."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hardware import simulate

from zeroleap.gen.ir import Requantization
from zeroleap.hw.requantizer import Requantizer, Step
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


BITS = pytest.mark.parametrize("multiplier_bits", [16, 18])


def requantize_in_hardware(cases, zero_point=0, clamp=(-128, 127), gaps=(), multiplier_bits=18):
    """Give a case a cycle, but for the ``gaps``; return values and the cycles of their arrival."""
    dut = Requantizer(multiplier_bits)
    received = []

    async def testbench(ctx):
        ctx.set(dut.layer.output_zero_point, zero_point)
        ctx.set(dut.layer.clamp_low, clamp[0])
        ctx.set(dut.layer.clamp_high, clamp[1])
        waiting = list(cases)
        for cycle in range(len(cases) + len(gaps) + Requantizer.LATENCY + 3):
            is_given = bool(waiting) and cycle not in gaps
            ctx.set(dut.step, Step.LAST if is_given else Step.NONE)
            total, bias, multiplier, left, right = (
                waiting.pop(0) if is_given else (99, 99, MAX, 1, 1)
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
            assert not ctx.get(dut.value_valid)
            assert not ctx.get(dut.value_soon)
            if ctx.get(dut.result_valid):
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
@BITS
def test_matches_the_reference(multiplier_bits, zero_point, clamp):
    cases = [  # neighbours differ in every field
        (SUMS[(index + 5 * scale) % len(SUMS)], BIASES[(index + scale) % 6], *SCALES[scale])
        for index in range(len(SUMS))
        for scale in range(len(SCALES))
    ]
    sums, biases, multiplier, shift = np.transpose(cases)
    scales = Requantization(multiplier.astype(np.int32), shift.astype(np.int32))
    expected = requantize(wrap(sums + biases), scales, zero_point, clamp)

    received, _ = requantize_in_hardware(
        [(total, bias, scale, *shifts(by)) for total, bias, scale, by in cases],
        zero_point,
        clamp,
        multiplier_bits=multiplier_bits,
    )

    assert received == expected.tolist()


@BITS
@pytest.mark.parametrize("seed", range(3))
def test_matches_the_reference_on_random_parameters(seed, multiplier_bits):
    random = np.random.default_rng(seed)
    left, right = random.integers(0, 32, (2, 400)) * (random.random((2, 400)) < 0.6)
    multiplier = random.integers(0, 2**31, 400)
    total = random.integers(MIN, MAX, 400) >> random.integers(0, 31, 400)
    bias = random.integers(MIN, MAX, 400) >> random.integers(0, 31, 400)
    shifted = wrap(wrap(total + bias).astype(np.int64) << left)
    high = saturating_rounding_doubling_high_mul(shifted, multiplier)
    expected = np.clip(rounding_divide_by_pot(high, right), -128, 127)

    cases = np.transpose([total, bias, multiplier, left, right]).tolist()
    received, _ = requantize_in_hardware(cases, multiplier_bits=multiplier_bits)

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


@dataclass(frozen=True)
class Given:
    """What the requantiser is given in a cycle; ``by`` instead of the multiplier, if any."""

    step: Step
    sum: int = 0
    bias: int = 0
    multiplier: int = HALF
    shift: int = 0
    by: int | None = None

    def scaled(self):
        """Return what both roundings make of it."""
        left, right = shifts(self.shift)
        shifted = wrap(wrap(self.sum + self.bias).astype(np.int64) << left)
        multiplier = self.multiplier if self.by is None else self.by
        high = saturating_rounding_doubling_high_mul(shifted, multiplier)
        return int(rounding_divide_by_pot(high, right))


RESULT, VALUE = (5, -60, 50), (-9, -100, 70)
"""Zero point and clamp of both."""

FIELDS = ("output_zero_point", "clamp_low", "clamp_high", "value_zero_point", "value_low")
LAYER = dict(zip((*FIELDS, "value_high"), RESULT + VALUE, strict=True))


def offset(scaled, zero_point, low, high):
    return min(max(scaled + zero_point, low), high)


def outputs(given, layer=LAYER, multiplier_bits=18):
    """Return (scaled, value_soon, result_valid, value_valid, value) of each cycle, to the end."""
    dut = Requantizer(multiplier_bits)
    found = []

    async def testbench(ctx):
        ctx.set(dut.layer, layer)
        for each in [*given, *[Given(Step.NONE, 77)] * (Requantizer.LATENCY + 2)]:
            left, right = shifts(each.shift)
            scale = {"multiplier": each.multiplier, "left_shift": left, "right_shift": right}
            ctx.set(dut.step, each.step)
            ctx.set(dut.sum, each.sum)
            ctx.set(dut.parameter, {"bias": each.bias, **scale})
            ctx.set(dut.multiplies, each.by is not None)
            ctx.set(dut.multiplier, 12345 if each.by is None else each.by)
            ports = dut.scaled, dut.value_soon, dut.result_valid, dut.value_valid, dut.value
            found.append(tuple(ctx.get(port) for port in ports))
            await ctx.tick()
        assert ctx.get(dut.idle)

    simulate(dut, testbench)
    return found


def test_a_step_has_its_own_zero_point_and_clamp():
    """Results, values and parts by turns, of sums from far below to far above both clamps."""
    kinds = [Step.LAST, Step.VALUE, Step.PART, Step.NONE, Step.VALUE, Step.LAST]
    given = [Given(kinds[index % 6], 2 * (7 * index % 301 - 150)) for index in range(301)]
    found = outputs(given)
    for cycle, each in enumerate(given):
        _, _, is_result, is_value, value = found[cycle + 9]
        assert (is_result, is_value) == (each.step is Step.LAST, each.step is Step.VALUE)
        if each.step in (Step.LAST, Step.VALUE):
            assert value == offset(each.sum // 2, *(RESULT if is_result else VALUE))
    assert not any(any(late[1:4]) for late in found[len(given) + 9 :])


def test_by_hand_a_value_and_a_result_of_the_same_sum():
    """2 * 55 halved is 55: with 5 more than the clamp, 50; with 9 less, 46. And so below."""
    sums = [(Step.LAST, 110), (Step.VALUE, 110), (Step.VALUE, -200), (Step.LAST, -200)]
    found = outputs([Given(step, total) for step, total in sums])
    assert [value for *_, value in found[9:13]] == [50, 46, -100, -60]


def test_latencies():
    """``scaled`` comes a cycle before the value, which is announced 4 cycles ahead."""
    for step in Step:
        found = outputs([Given(step, 20), Given(Step.NONE, 40)])
        assert [cycle for cycle, each in enumerate(found) if each[0] == 10] == [8]
        assert [cycle for cycle, each in enumerate(found) if each[1]] == [5] * (step is Step.VALUE)
        assert [cycle for cycle, each in enumerate(found) if each[2]] == [9] * (step is Step.LAST)
        assert [cycle for cycle, each in enumerate(found) if each[3]] == [9] * (step is Step.VALUE)
    latencies = Requantizer.SCALED, Requantizer.LATENCY, Requantizer.SOON
    assert latencies == (8, 9, 4)


def test_what_is_scaled_has_all_its_bits():
    """Also beyond what a value can be, before zero point and clamp."""
    given = [
        Given(Step.PART, total, bias, *scale)
        for index, total in enumerate(SUMS)
        for bias, scale in zip(BIASES, SCALES[index % 6 :], strict=False)
    ]
    found = outputs(given)
    received = [scaled for scaled, *_ in found[8 : 8 + len(given)]]
    assert received == [each.scaled() for each in given]


def test_is_multiplied_by_what_it_is_given():
    """-5 * -3 by hand: 8 bits of the shift to the left are the factor's; and the next is not."""
    by_hand = Given(Step.PART, -5, 0, MAX, 31 - 8, by=-3 << 8)
    plain = replace(by_hand, by=None, multiplier=HALF, shift=0)
    found = outputs([by_hand, plain, replace(by_hand, sum=7), plain])
    assert [scaled for scaled, *_ in found[8:12]] == [15, -2, -21, -2]


@pytest.mark.parametrize("value", [-255, -128, -1, 0, 1, 254, 255])
def test_products_of_any_two_differences_are_exact(value):
    """The largest are 255 * 255, of zero points at the ends."""
    factors = [-255, 255, -254, 1, 0, -1, 77, 128]
    given = [Given(Step.PART, value - 3, 3, shift=23, by=each << 8) for each in factors]
    found = outputs(given)
    assert [scaled for scaled, *_ in found[8:16]] == [value * each for each in factors]


HALVES = (0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFE, 0xFFFF)
"""Of a factor: where the sum of both has all its bits, or its sign turns."""


@BITS
@pytest.mark.parametrize("high", HALVES)
def test_products_at_the_limits_of_their_halves(high, multiplier_bits):
    """Each half of each factor at its ends, also of negative multipliers."""
    words = [wrap(first << 16 | second).item() for first in HALVES for second in HALVES]
    factors = [wrap(high << 16 | low).item() for low in HALVES]
    given = [Given(Step.PART, total, by=by) for total in words for by in factors]
    given = [each for each in given if (each.sum, each.by) != (MIN, MIN)]  # would saturate
    found = outputs(given, multiplier_bits=multiplier_bits)
    received = [scaled for scaled, *_ in found[8 : 8 + len(given)]]
    assert received == [each.scaled() for each in given]
