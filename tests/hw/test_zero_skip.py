"""Which activations are handed to the lanes, and when."""

import random

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.zero_skip import ZeroSkip
from zeroleap.sim.streams import run_stream

LANES = [1, 2, 3, 5, 8, 64]


END = {"is_end": 1}


def word(data, mask=0b1111, weights=0, psum=0, positions=1, lane=0):
    return {
        "data": data,
        "mask": mask,
        "weights": weights,
        "psum": psum,
        "positions": positions,
        "lane": lane,
    }


def activations(words, zero_point, lanes, sparsity="activation", channelwise=False, step=1):
    """Go through the bytes in order and keep those that count; ``step`` weights a channel."""
    kept = []
    for item in words:
        if "is_end" in item:
            kept.append(END)
            continue
        for index, byte in enumerate(item["data"]):
            if not item["mask"] >> index & 1 or (sparsity != "none" and byte == zero_point):
                continue
            slots, lane = divmod(item["lane"] + index, lanes)
            kept.append(
                (
                    byte - zero_point,
                    (item["weights"] + step * (slots if channelwise else index)) % 2**20,
                    (item["psum"] + (slots if channelwise else 0)) % 2**12,
                    item["positions"],
                    lane if channelwise else None,
                )
            )
    return kept


def skip(
    words, count, zero_point=0, lanes=8, sparsity="activation", channelwise=False, step=1, **pauses
):
    def as_tuple(item):
        if item.is_end:
            return END
        lane = item.lane if channelwise else None
        return item.value, item.weights, item.psum, item.positions, lane

    layer = {"input_zero_point": zero_point, "channelwise": channelwise, "channel_weights": step}
    received, arrived = run_stream(
        ZeroSkip(lanes, sparsity), words, count=count, hold={"layer": layer}, **pauses
    )
    return [as_tuple(item) for item in received], arrived


def random_words(choose, zero_point, lanes, count=40):
    """Return words and ends; the data and mask of an end count for nothing."""
    words = [
        word(
            [choose.choice([zero_point, zero_point, -128, 127, 5]) for _ in range(4)],
            mask=choose.choice([0b1111, 0b0001, 0b0111]),
            weights=choose.randrange(2**20),
            psum=choose.randrange(2**12),
            positions=choose.randrange(1, 2**16),
            lane=choose.randrange(lanes),
        )
        for _ in range(count)
    ]
    ends = [word([zero_point] * 4, mask=0), word([zero_point] * 4), word([5, 6, 7, 8])]
    for index, end in enumerate(ends, 1):
        words.insert(index * count // 4, end | END)
    return [*words, word([127 if zero_point != 127 else 0] * 4)]


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("sparsity", ["none", "activation", "both"])
@pytest.mark.parametrize("lanes", LANES)
def test_keeps_what_counts(lanes, sparsity, channelwise):
    for zero_point in (-128, 0, 127):
        choose = random.Random(zero_point)
        words = random_words(choose, zero_point, lanes)
        about = zero_point, lanes, sparsity, channelwise, choose.randrange(2**20)
        expected = activations(words, *about)
        received, _ = skip(words, len(expected), *about)
        assert received == expected


@pytest.mark.parametrize("channelwise", [False, True])
def test_by_hand(channelwise):
    """The second and fourth of 4 channels, from lane 1 of 3; 100 weights a channel."""
    item = word([0, -3, 0, 4], weights=1000, psum=50, positions=0b101, lane=1)
    received, _ = skip([item, END], 3, lanes=3, channelwise=channelwise, step=100)
    if channelwise:  # lanes 1, 2, 0, 1: the last two in the next slot
        assert received == [(-3, 1000, 50, 0b101, 2), (4, 1100, 51, 0b101, 1), END]
    else:
        assert received == [(-3, 1100, 50, 0b101, None), (4, 1300, 50, 0b101, None), END]


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


def test_an_end_is_handed_on_like_one_activation():
    ends = [END, word([1, 2, 3, 4]) | END]
    received, arrived = skip([word([1, 0, 0, 2]), *ends, word([0] * 4), END], 5)
    assert received[2:] == [END] * 3
    # The empty word takes a cycle, as nothing else waits by then.
    assert arrived == [ZeroSkip.LATENCY + cycle for cycle in (0, 1, 2, 3, 5)]


def test_takes_empty_words_while_others_wait():
    dut = ZeroSkip(8, "activation")

    async def testbench(ctx):
        empty = word([0] * 4)
        for item in (word([1, 2, 0, 0]), *[empty] * 5, word([3, 0, 0, 0])):
            ctx.set(dut.i.payload, item)
            ctx.set(dut.i.valid, 1)
            assert ctx.get(dut.i.ready)
            await ctx.tick()
        ctx.set(dut.i.payload, empty)
        for _ in range(3):
            assert not ctx.get(dut.i.ready)
            await ctx.tick()
        ctx.set(dut.o.ready, 1)
        for value in (1, 2, 3):
            assert ctx.get(dut.o.valid)
            assert ctx.get(dut.o.p.value) == value
            await ctx.tick()
        assert not ctx.get(dut.o.valid)

    simulate(dut, testbench)


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
        (None, 2),  # an end
    ],
)
def test_is_idle_when_the_last_activation_is_taken(data, busy, stall):
    dut = ZeroSkip(8, "activation")
    cycles = []

    async def testbench(ctx):
        assert ctx.get(dut.idle)
        ctx.set(dut.i.payload, END if data is None else word(data))
        ctx.set(dut.i.valid, 1)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        for cycle in range(20):
            ctx.set(dut.o.ready, cycle >= stall)
            cycles.append(not ctx.get(dut.idle))
            await ctx.tick()

    simulate(dut, testbench)
    delay = max(0, stall - 1) if data is None or any(data) else 0
    assert cycles == [True] * (busy + delay) + [False] * (20 - busy - delay)
