"""Which activations are handed to the lanes, and when."""

import random

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.zero_skip import ZeroSkip
from zeroleap.sim.streams import run_stream

LANES = [1, 2, 3, 5, 8, 64]


def word(data, mask=0b1111, weight=0, psum=0, taps_y=1, taps_x=1, lane=0):
    return {
        "data": data,
        "mask": mask,
        "weight": weight,
        "psum": psum,
        "taps_y": taps_y,
        "taps_x": taps_x,
        "lane": lane,
    }


def activations(words, zero_point, lanes, sparsity="activation", channelwise=False):
    """Go through the bytes in order and keep those that count."""
    kept = []
    for item in words:
        for index, byte in enumerate(item["data"]):
            if not item["mask"] >> index & 1 or (sparsity == "activation" and byte == zero_point):
                continue
            slots, lane = divmod(item["lane"] + index, lanes)
            kept.append(
                (
                    byte - zero_point,
                    item["weight"] + (slots if channelwise else index),
                    item["psum"] + (slots if channelwise else 0),
                    item["taps_y"],
                    item["taps_x"],
                    lane,
                )
            )
    return kept


def skip(words, count, zero_point=0, lanes=8, sparsity="activation", channelwise=False, **pauses):
    layer = {"input_zero_point": zero_point, "channelwise": channelwise}
    received, arrived = run_stream(
        ZeroSkip(lanes, sparsity), words, count=count, hold={"layer": layer}, **pauses
    )
    return [(a.value, a.weight, a.psum, a.taps_y, a.taps_x, a.lane) for a in received], arrived


def random_words(choose, zero_point, lanes, count=40):
    return [
        word(
            [choose.choice([zero_point, zero_point, -128, 127, 5]) for _ in range(4)],
            mask=choose.choice([0b1111, 0b0001, 0b0111]),
            weight=choose.randrange(2**19),
            psum=choose.randrange(2**11),
            taps_y=choose.randrange(1, 32),
            taps_x=choose.randrange(1, 32),
            lane=choose.randrange(lanes),
        )
        for _ in range(count)
    ] + [word([127 if zero_point != 127 else 0] * 4)]


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("sparsity", ["none", "activation"])
@pytest.mark.parametrize("lanes", LANES)
def test_keeps_what_counts(lanes, sparsity, channelwise):
    for zero_point in (-128, 0, 127):
        words = random_words(random.Random(zero_point), zero_point, lanes)
        expected = activations(words, zero_point, lanes, sparsity, channelwise)
        received, _ = skip(words, len(expected), zero_point, lanes, sparsity, channelwise)
        assert received == expected


@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_keeps_order_under_pauses(seed, shy):
    words = random_words(random.Random(seed), 3, 8, count=100)
    expected = activations(words, 3, 8)
    received, _ = skip(words, len(expected), 3, idle=0.3, stall=0.5, shy=shy, seed=seed)
    assert received == expected


@pytest.mark.parametrize(
    ("bytes_of_words", "cycles"),
    [
        ([[1, 2, 3, 4]], [0, 1, 2, 3]),
        ([[1, 2, 3, 4], [5, 6, 7, 8]], [0, 1, 2, 3, 4, 5, 6, 7]),
        ([[1, 0, 0, 0], [0, 0, 0, 2], [0, 3, 0, 0]], [0, 1, 2]),
        ([[1, 0, 0, 0], [0] * 4, [2, 0, 0, 0]], [0, 2]),  # an empty word takes a cycle, ...
        ([[1, 2, 0, 0], [0] * 4, [3, 0, 0, 0]], [0, 1, 2]),  # ... but not while others wait
        ([[1, 2, 3, 0], [0] * 4, [0] * 4, [4, 0, 0, 0]], [0, 1, 2, 3]),
        ([[0] * 4, [0] * 4, [0, 0, 1, 0]], [2]),
    ],
)
def test_gives_one_activation_per_cycle(bytes_of_words, cycles):
    words = [word(data) for data in bytes_of_words]
    _, arrived = skip(words, len(cycles))
    assert arrived == [ZeroSkip.LATENCY + cycle for cycle in cycles]


def test_without_skipping_zeros_cost_their_cycles():
    _, arrived = skip([word([0, 0, 0, 0]), word([0, 1, 0, 0], mask=0b0011)], 6, sparsity="none")
    assert arrived == [ZeroSkip.LATENCY + cycle for cycle in range(6)]


@pytest.mark.parametrize("stall", [0, 3])
@pytest.mark.parametrize(
    ("data", "busy"),
    [
        ([0, 0, 0, 0], 1),  # in stage 1 only
        ([0, 7, 0, 0], 2),
        ([1, 2, 3, 4], 5),
    ],
)
def test_is_idle_when_the_last_activation_is_taken(data, busy, stall):
    dut = ZeroSkip(8, "activation")
    cycles = []

    async def testbench(ctx):
        assert ctx.get(dut.idle)
        ctx.set(dut.i.payload, word(data))
        ctx.set(dut.i.valid, 1)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        for cycle in range(20):
            ctx.set(dut.o.ready, cycle >= stall)
            cycles.append(not ctx.get(dut.idle))
            await ctx.tick()

    simulate(dut, testbench)
    delay = max(0, stall - 1) if any(data) else 0
    assert cycles == [True] * (busy + delay) + [False] * (20 - busy - delay)
