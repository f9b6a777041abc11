"""Two values made one, as TensorFlow Lite's kernels do it, and when.

Sources: ``add.h``, ``mul.h`` in ``tensorflow/lite/kernels/internal/reference/integer_ops``;
``sub.h``, ``maximum_minimum.h`` in ``tensorflow/lite/kernels/internal/reference``.
"""

import random
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hardware import SEEDS, simulate

from zeroleap.gen.ir import Add, Requantization, Tensor
from zeroleap.hw.elementwise import Elementwise
from zeroleap.hw.isa import Combination
from zeroleap.hw.requantizer import Requantizer, Step
from zeroleap.sim.reference import elementwise as reference
from zeroleap.sim.reference.requantize import multiply_by_quantized_multiplier, requantize

HALF = 2**30
UNIT = {"bias": 0, "multiplier": HALF, "left_shift": 1, "right_shift": 0}
JUNK = {"bias": 0x1234, "multiplier": 0x5A5A_5A5A, "left_shift": 3, "right_shift": 2}
"""A parameter that must not count."""

PAIRS = [
    *((-128, -128), (127, 127), (-128, 127), (127, -128), (0, 0), (1, -1), (-1, 1), (5, 5)),
    *((-77, 3), (3, -78), (64, 65), (-2, -1), (100, -100), (126, 127), (-127, -128), (0, -1)),
]


def scale(real, is_smaller=True):
    """Return a multiplier and a shift; the shift of a scale that makes smaller is 0 or less."""
    mantissa, exponent = np.frexp(real)
    assert exponent <= 0 or not is_smaller
    return int(mantissa * 2**31), int(exponent)


DIFFERENCES = {Combination.SUBTRACT: 1, Combination.SUBTRACT_FROM: -1}


@dataclass(frozen=True)
class Job:
    """What is done with all values; ``scales`` are of value, operand and result."""

    kind: Combination
    zero_points: tuple[int, int, int]
    scales: tuple[tuple[int, int], ...] = ((HALF, 1),) * 3
    clamp: tuple[int, int] = (-128, 127)
    first: int = 40

    @property
    def is_sum(self):
        return self.kind in (Combination.ADD, *DIFFERENCES)

    def layer(self):
        return {
            "combination": self.kind,
            "combination_parameters": self.first,
            "operand_zero_point": self.zero_points[1] if self.kind is Combination.MULTIPLY else 99,
        }

    def parameters(self):
        """Return what each entry must be; what must not count is junk."""
        multiplier, shift = self.scales[2]
        shifts = {"left_shift": max(shift, 0), "right_shift": max(-shift, 0)}
        last = {"bias": 0, "multiplier": multiplier, **shifts}
        if self.is_sum:
            ways = [
                {"bias": -zero_point, "multiplier": by, "left_shift": 20, "right_shift": -shift}
                for zero_point, (by, shift) in zip(self.zero_points, self.scales[:2], strict=False)
            ]
        elif self.kind is Combination.MULTIPLY:
            left = 31 - Elementwise.OPERAND_SHIFT
            value = JUNK | {"bias": -self.zero_points[0], "left_shift": left, "right_shift": 0}
            ways = [value, JUNK]
        else:
            ways = [UNIT, JUNK]
        return {self.first + index: entry for index, entry in enumerate([*ways, last])}

    def expected(self, pairs):
        """Return what the kernels make of (value, operand)."""
        first, second = np.array(pairs, np.int32).T
        zero_points = self.zero_points
        scales = [Requantization(*(np.array([part], np.int32) for part in s)) for s in self.scales]
        if self.kind is Combination.ADD:
            tensors = [Tensor("t", first.shape, zero_point=each) for each in zero_points]
            operator = Add("add", "ADD", ("a", "b"), "y", self.clamp, *scales)
            return reference.add_or_subtract(operator, first, second, *tensors).tolist()
        if self.kind in DIFFERENCES:
            ways = [
                multiply_by_quantized_multiplier((x - zero) << 20, *each)
                for x, zero, each in zip((first, second), zero_points, self.scales, strict=False)
            ]
            total = DIFFERENCES[self.kind] * (ways[0] - ways[1])
        elif self.kind is Combination.MULTIPLY:
            total = (first - zero_points[0]) * (second - zero_points[1])
        else:
            total = {Combination.MAXIMUM: np.maximum, Combination.MINIMUM: np.minimum}[self.kind](
                first, second
            )
        return requantize(total, scales[2], zero_points[2], self.clamp).tolist()


class Bench:
    """Stands for parameters and requantiser, which shows junk whenever nothing is asked of it."""

    def __init__(self, job):
        self.job = job
        self.dut = Elementwise()
        self.scaled = {}  # by the cycle in which it comes
        self.steps, self.results = [], []

    def take(self, ctx, cycle, entry):
        """Do a step, and note (cycle, step), and (cycle, result)."""
        step = Step(ctx.get(self.dut.step))
        if step is Step.NONE:
            return
        assert entry is not None, "no parameter was read"
        self.steps.append((cycle, step))
        multiplier = entry["multiplier"]
        if ctx.get(self.dut.multiplies):
            multiplier = ctx.get(self.dut.multiplier)
        biased = (ctx.get(self.dut.sum) + entry["bias"]) << entry["left_shift"]
        assert -(2**31) <= biased < 2**31
        high = (biased * multiplier + 2**30) >> 31
        scaled = multiply_by_quantized_multiplier(high * 2, HALF, -entry["right_shift"])
        self.scaled[cycle + Requantizer.SCALED] = int(scaled)
        if step is Step.LAST:
            low, top = self.job.clamp
            value = min(max(int(scaled) + self.job.zero_points[2], low), top)
            self.results.append((cycle + Requantizer.LATENCY, value))

    async def run(self, ctx, pairs, cycles):
        """Give each pair in its cycle."""
        dut, entries, junk = self.dut, self.job.parameters(), random.Random(3)
        given = dict(zip(cycles, pairs, strict=True))
        ctx.set(dut.layer, self.job.layer())
        entry = None
        for cycle in range(cycles[-1] + 30):
            value, operand = (junk.randrange(-128, 128) for _ in range(2))
            if cycle in given:
                value, operand = given[cycle]
            elif cycle - 1 in given:
                operand = given[cycle - 1][1]
            ctx.set(dut.value_valid, cycle in given)
            ctx.set(dut.value, value)
            ctx.set(dut.operand, operand)
            ctx.set(dut.scaled, self.scaled.get(cycle, junk.randrange(-(2**31), 2**31)))
            is_inside = any(0 <= cycle - begun <= Elementwise.LATENCY for begun in given)
            assert ctx.get(dut.idle) == (not is_inside)
            self.take(ctx, cycle, entry)
            read = ctx.get(dut.parameter_enable), ctx.get(dut.parameter)
            entry = entries[read[1]] if read[0] else None
            await ctx.tick()


def combine(job, pairs, cycles=None):
    """Return results and the cycles in which they come; by default a pair every 4 cycles."""
    cycles = cycles or [5 + 4 * index for index in range(len(pairs))]
    bench = Bench(job)

    async def testbench(ctx):
        await bench.run(ctx, pairs, cycles)

    simulate(bench.dut, testbench)
    arrived, results = zip(*bench.results, strict=True)
    return list(results), list(arrived), bench.steps


LARGER, SMALLER = scale(0.5), scale(0.31)
TO_OUTPUT = scale(1.7 / 2**20)
PRODUCT = scale(0.004)
JOBS = [
    Job(Combination.ADD, (0, 0, 0), (LARGER, LARGER, TO_OUTPUT)),
    Job(Combination.ADD, (-128, 127, 3), (LARGER, SMALLER, TO_OUTPUT), (-100, 90), 0),
    Job(Combination.SUBTRACT, (17, -50, -9), (SMALLER, LARGER, TO_OUTPUT)),
    Job(Combination.SUBTRACT, (-128, -128, 127), (LARGER, LARGER, TO_OUTPUT), (-3, 127), 2**14 - 3),
    Job(Combination.SUBTRACT_FROM, (17, -50, -9), (SMALLER, LARGER, TO_OUTPUT)),
    Job(Combination.MULTIPLY, (0, 0, 0), (LARGER, LARGER, PRODUCT)),
    Job(Combination.MULTIPLY, (127, -128, -4), (SMALLER, LARGER, PRODUCT), (-128, 60), 5),
    Job(Combination.MULTIPLY, (-128, 127, 10), (LARGER, LARGER, scale(2.5, is_smaller=False))),
    Job(Combination.MAXIMUM, (4, 4, 0)),
    Job(Combination.MAXIMUM, (4, 4, 0), clamp=(-60, 33)),
    Job(Combination.MINIMUM, (-7, -7, 0)),
    Job(Combination.MINIMUM, (1, 1, 0), clamp=(-1, 0), first=1000),
]


@pytest.mark.parametrize("job", JOBS)
def test_is_the_reference_kernels(job):
    """With a pair every 4 cycles, which is the most that there can be."""
    results, *_ = combine(job, PAIRS)
    assert results == job.expected(PAIRS)
    assert len(set(results)) > 1
    assert Elementwise.INTERVAL == 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [kind for kind in Combination if kind is not Combination.NONE])
def test_is_the_reference_kernels_at_random(kind, seed):
    choose = random.Random(seed)
    zero_points = tuple(choose.randrange(-128, 128) for _ in range(3))
    job = Job(kind, (*zero_points[:2], 0), first=choose.randrange(2**14 - 3))
    if job.is_sum:
        reals = choose.uniform(0.01, 1), 0.5, choose.uniform(0.2, 3) / 2**20
        job = replace(job, scales=tuple(scale(real) for real in reals), zero_points=zero_points)
    if kind is Combination.MULTIPLY:
        job = replace(job, scales=(LARGER, LARGER, scale(choose.uniform(0.001, 0.1))))
    pairs = [(choose.randrange(-128, 128), choose.randrange(-128, 128)) for _ in range(100)]
    assert combine(job, pairs)[0] == job.expected(pairs)


def test_a_sum_and_a_difference_by_hand():
    """(3 - 1) * 2**20 / 2 +- (-7 + 2) * 2**20 / 4 is -0.25 or 2.25 * 2**20; 8 times; less 4."""
    scales = (HALF, 0), (HALF, -1), (HALF, -16)
    results = {
        Combination.ADD: -6,
        Combination.SUBTRACT: 14,
        Combination.SUBTRACT_FROM: -22,
    }
    for kind, expected in results.items():
        job = Job(kind, (1, -2, -4), scales)
        assert combine(job, [(3, -7)])[0] == [expected]
    other = Job(Combination.SUBTRACT, (-2, 1, -4), (scales[1], scales[0], scales[2]))
    assert combine(other, [(-7, 3)])[0] == [-22]


def test_a_product_by_hand():
    """(3 - 1) * (-7 + 2) and (-2 - 1) * (10 + 2), halved, and 7 more."""
    job = Job(Combination.MULTIPLY, (1, -2, 7), ((HALF, 1), (HALF, 1), (HALF, 0)))
    assert combine(job, [(3, -7), (-2, 10), (1, 100), (100, -2)])[0] == [2, -11, 7, 7]


def test_the_larger_and_the_smaller_by_hand():
    pairs = [(3, -7), (-7, 3), (5, 5), (-128, 127), (-1, -2)]
    assert combine(Job(Combination.MAXIMUM, (0, 0, 0)), pairs)[0] == [3, 3, 5, 127, -1]
    assert combine(Job(Combination.MINIMUM, (0, 0, 0)), pairs)[0] == [-7, -7, 5, -128, -2]


@pytest.mark.parametrize("job", JOBS[::3])
def test_each_step_has_its_cycle(job):
    """The value's a cycle later, the operand's then, and the result's when both are scaled."""
    cycles = [5, 9, 17, 41, 45, 49]
    results, arrived, steps = combine(job, PAIRS[3:9], cycles)
    expected = [(cycle + at, Step.PART) for cycle in cycles for at in (1, 2)]
    expected += [(cycle + 12, Step.LAST) for cycle in cycles]
    assert steps == sorted(expected, key=lambda each: each[0])
    assert Elementwise.LATENCY == 12
    assert arrived == [cycle + Elementwise.LATENCY + Requantizer.LATENCY for cycle in cycles]
    assert results == job.expected(PAIRS[3:9])


@pytest.mark.parametrize("job", JOBS[::2])
@pytest.mark.parametrize("seed", SEEDS)
def test_pauses_of_whole_intervals_change_nothing(job, seed):
    choose = random.Random(seed)
    cycles = np.cumsum([4 * choose.choice([1, 1, 2, 3, 4, 7]) for _ in PAIRS]).tolist()
    assert combine(job, PAIRS, cycles)[0] == job.expected(PAIRS)
