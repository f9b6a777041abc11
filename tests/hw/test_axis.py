"""The walk along one direction against its definition, ``o * stride + t == i + padding``."""

import numpy as np
import pytest
from hardware import geometry, meets, random_geometry, random_region, records, simulate

from zeroleap.gen.ir import Padding
from zeroleap.gen.tiling import Region
from zeroleap.hw.axis import Axis

ADDRESSES = 2**20


def walk(layer_axis, tile_axis, pauses=()):
    """Return ``(taps, weight, psum, last)`` of every coordinate until the last."""
    dut = Axis()
    seen = []

    async def testbench(ctx):
        ctx.set(dut.layer, layer_axis)
        ctx.set(dut.tile, tile_axis)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        for step in range(400):
            state = tuple(ctx.get(port) for port in (dut.taps, dut.weight, dut.psum, dut.last))
            if step in pauses:  # nothing moves unless told to
                ctx.set(dut.advance, 0)
            else:
                seen.append(state)
                ctx.set(dut.advance, 1)
                if state[-1]:
                    return
            await ctx.tick()
            if step in pauses:
                assert state == tuple(
                    ctx.get(port) for port in (dut.taps, dut.weight, dut.psum, dut.last)
                )
        raise AssertionError("never the last")

    simulate(dut, testbench)
    return seen


def check(shape, region, axis, pauses=()):
    layer, tile = records(shape, region)
    layer_axis, tile_axis = ((layer.y, tile.y), (layer.x, tile.x))[axis]
    first, count = ((region.row, region.rows), (region.column, region.columns))[axis]
    start, inputs = shape.input_range(axis, first, count)
    seen = walk(layer_axis, tile_axis, pauses)

    assert [last for *_, last in seen] == [0] * (max(inputs, 1) - 1) + [1]
    for coordinate, (taps, weight, psum, _) in enumerate(seen, start):
        pairs = meets(shape, region, axis, coordinate)
        assert {
            (
                (psum - n * tile_axis.psum_step) % 2**12,
                (weight + n * layer_axis.tap_step) % ADDRESSES,
            )
            for n in range(taps)
        } == {
            (output * tile_axis.psum_step % 2**12, tap * layer_axis.weight_step % ADDRESSES)
            for output, tap in pairs
        }
        assert taps == len(pairs)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("seed", range(40))
def test_meets_what_the_definition_says(seed, axis):
    random = np.random.default_rng(seed)
    for _ in range(5):
        shape = random_geometry(random)
        check(shape, random_region(random, shape, 8), axis, pauses=(1, 2) if seed % 2 else ())


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "first", "count"),
    [
        (5, 3, 1, Padding(1, 1), 0, 5),  # the common case
        (5, 3, 1, Padding(1, 1), 2, 1),  # one row of it
        (5, 3, 1, Padding(1, 1), 0, 1),  # a first row that begins under a later output of no tile
        (6, 5, 1, Padding(4, 4), 0, 2),
        (6, 5, 2, Padding(4, 4), 4, 1),
        (7, 2, 5, Padding(0, 0), 0, 2),  # a stride beyond the kernel: some rows meet nothing
        (2, 2, 3, Padding(6, 6), 0, 1),  # all padding, before
        (2, 2, 3, Padding(6, 6), 4, 1),  # all padding, behind
        (1, 5, 1, Padding(4, 4), 0, 5),  # one row under every tap
        (31, 31, 1, Padding(30, 30), 0, 61),  # as many taps as can be
        (255, 2, 255, Padding(1, 1), 0, 2),  # the widest stride
    ],
)
def test_corners(size, kernel, stride, padding, first, count):
    shape = geometry((size, 1), (3, 5), (kernel, 1), (stride, 1), padding)
    check(shape, Region(first, count, 0, 1, 0, 5, 1), 0)


def test_by_hand():
    """3 taps, stride 2, padding 1, 4 inputs, 2 outputs: taps 1; 2 and 0; 1; 2."""
    shape = geometry((4, 1), (1, 1), (3, 1), (2, 1), Padding(1, 0))
    layer, tile = records(shape, Region(0, 2, 0, 1, 0, 1, 1))
    seen = walk(layer.y, tile.y)
    assert [(taps, weight, psum) for taps, weight, psum, _ in seen] == [
        (1, 1, 0),
        (2, 0, 1),  # and tap 2 for the output before
        (1, 1, 1),
        (1, 2, 1),
    ]
