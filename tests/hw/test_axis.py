"""The walk along one direction against its definition, ``o * stride + t == i + padding``."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.axis import Axis
from zeroleap.hw.isa import POSITIONS

ADDRESSES = 2**12


@dataclass(frozen=True)
class Case:
    """What a tile has in one direction; ranges are first and count."""

    taps: tuple[int, int]
    stride: int
    padding: int
    outputs: tuple[int, int]
    inputs: tuple[int, int]
    psum_step: int

    @property
    def meetings(self):
        """For each coordinate the outputs and taps that meet, both counted from their first."""
        first_output, first_tap = self.outputs[0], self.taps[0]
        found = {coordinate: set() for coordinate in whole(self.inputs)}
        for o in whole(self.outputs):
            for t in whole(self.taps):
                coordinate = o * self.stride + t - self.padding
                if coordinate in found:
                    found[coordinate].add((o - first_output, t - first_tap))
        return found

    @property
    def layer(self):
        return {"last_phase": self.stride - 1, "psum_step": self.psum_step}

    @property
    def tile(self):
        """Fill in the fields as `TileAxis` says what they are."""
        place = self.inputs[0] + self.padding  # in the padded input
        distance = place - self.taps[0]
        output = distance // self.stride - self.outputs[0]
        return {
            "inputs": self.inputs[1] - 1,
            "last": self.outputs[1] - 1,
            "outputs": sum(o * self.stride > distance for o in whole(self.outputs)),
            "phase": distance % self.stride,
            "meets": mask(self.meetings[self.inputs[0]]),
            "kernel": 2 ** self.taps[1] - 1,
            "psum": output * self.psum_step % ADDRESSES,
        }


def whole(part):
    return range(part[0], part[0] + part[1])


def mask(pairs):
    return sum(1 << tap for tap in {tap for _, tap in pairs})


def random_case(random):
    """Choose a case; inputs may begin behind the first output and end behind the last."""

    def number(low, high):
        return int(random.integers(low, high))

    taps = number(0, 20), number(1, POSITIONS + 1)
    stride = number(1, [2, 4, 25, 256][number(0, 4)])
    padding = number(0, 30)
    outputs = number(0, 8), number(1, 9)
    begin = max(0, outputs[0] * stride + taps[0] - padding)
    inputs = begin + number(0, 4) * number(0, stride + 1), number(1, 60)
    return Case(taps, stride, padding, outputs, inputs, number(0, ADDRESSES))


def walk(cases, random=None):
    """Return ``(meets, psum, last)`` of every coordinate of every case.

    With ``random``, some steps wait, and some walks are begun and given up first.
    """
    dut = Axis(max(case.taps[1] for case in cases))  # as many taps as are needed
    walks = []

    async def begin(ctx, case):
        ctx.set(dut.layer, case.layer)
        ctx.set(dut.tile, case.tile)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)

    def state(ctx):
        assert ctx.get(dut.is_met) == (ctx.get(dut.meets) != 0)
        return tuple(ctx.get(port) for port in (dut.meets, dut.psum, dut.last))

    async def testbench(ctx):
        for previous, case in pairwise([cases[-1], *cases]):
            if random is not None and random.random() < 0.3:
                await begin(ctx, previous)
                ctx.set(dut.advance, 1)
                await ctx.tick().repeat(int(random.integers(1, 5)))
                ctx.set(dut.advance, 0)
            await begin(ctx, case)
            seen = [state(ctx)]
            while not seen[-1][-1]:
                assert len(seen) < case.inputs[1], "never the last"
                if random is not None and random.random() < 0.3:
                    await ctx.tick().repeat(2)
                    assert state(ctx) == seen[-1], "moved on its own"
                ctx.set(dut.advance, 1)
                await ctx.tick()
                ctx.set(dut.advance, 0)
                seen.append(state(ctx))
            walks.append(seen)

    simulate(dut, testbench)
    return walks


def check(cases, random=None):
    for case, seen in zip(cases, walk(cases, random), strict=True):
        assert len(seen) == case.inputs[1]
        for (coordinate, pairs), (meets, psum, _) in zip(case.meetings.items(), seen, strict=True):
            assert meets == mask(pairs), (case, coordinate)
            for output, tap in pairs:
                before = tap // case.stride
                found = (psum - before * case.psum_step) % ADDRESSES
                assert found == output * case.psum_step % ADDRESSES, (case, coordinate)


@pytest.mark.parametrize("seed", SEEDS)
def test_meets_what_the_definition_says(seed):
    random = np.random.default_rng(seed)
    check([random_case(random) for _ in range(150)], random)


@pytest.mark.parametrize(
    "case",
    [
        Case((0, 3), 1, 1, (0, 5), (0, 5), 7),  # the common case
        Case((0, 3), 1, 1, (2, 1), (1, 3), 4095),  # one output of it
        Case((0, 3), 1, 1, (0, 1), (0, 2), 1),
        Case((0, 5), 1, 4, (0, 2), (0, 6), 300),  # the first input meets both outputs
        Case((0, 5), 2, 4, (4, 1), (4, 2), 21),
        Case((0, 2), 5, 0, (0, 2), (0, 7), 5),  # a stride beyond the kernel: some meet nothing
        Case((0, 5), 1, 4, (0, 5), (0, 1), 33),  # one input under every tap
        Case((0, 16), 1, 15, (0, 31), (0, 16), 64),  # as many taps as can be
        Case((16, 16), 3, 30, (0, 20), (0, 31), 65),  # a part of a kernel of more
        Case((32, 1), 3, 30, (0, 20), (2, 30), 66),  # ... and another
        Case((0, 16), 16, 0, (1, 2), (16, 32), 9),  # the taps that are met go through all bits
        Case((0, 2), 255, 1, (0, 3), (0, 512), 8),  # the widest stride
        Case((0, 3), 1, 0, (0, 1), (0, 9), 3),  # behind the last output nothing is met
    ],
)
def test_corners(case):
    check([case])


def test_counts_as_far_as_the_records_do():
    check([Case((0, 1), 1, 0, (0, 4096), (0, 4096), 4093)])


def test_by_hand():
    """3 taps, stride 2, padding 1, 4 inputs, 2 outputs: taps 1; 0 and 2; 1; 2.

    With the last input a third output would begin. It is named, although it is not met: tap 2 is
    one stride further than tap 0, and so of the output before.
    """
    (seen,) = walk([Case((0, 3), 2, 1, (0, 2), (0, 4), 10)])
    assert seen == [(0b010, 0, 0), (0b101, 10, 0), (0b010, 10, 0), (0b100, 20, 1)]
