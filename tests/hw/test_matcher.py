"""Which blocks a lane multiplies, and when the others leave."""

import random

import pytest
from amaranth import Array, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect
from hardware import SEEDS, simulate

from zeroleap.hw.isa import Layer
from zeroleap.hw.matcher import Matcher, StoredHeader
from zeroleap.hw.streams import Block
from zeroleap.sim.streams import run_stream

HEADERS = [
    (0b0000_0000_0000_0001, 199),
    (0b1000_0000_0000_0000, 0),
    (0b1111_1111_1111_1111, 64),
    (0b0000_0000_0000_0000, 127),
    (0b0101_0101_0101_0101, 128),
    (0b1010_1010_1010_1010, 73),
    (0b0000_0001_1000_0000, 1),
]
"""Mask, and address of the first weight."""

FIRST, LAST, ALL, NONE, EVEN, ODD, MIDDLE = range(len(HEADERS))
END = "end"


def below(mask):
    """Count the weights at positions below 8, and below 12."""
    return [(mask & 0xFF).bit_count(), (mask & 0xFFF).bit_count()]


def stored(mask, weights):
    return {"header": {"mask": mask, "weights": weights}, "below": below(mask)}


class Loaded(wiring.Component):
    """A matcher that takes its headers before its blocks, a cycle each."""

    layer: In(Layer)
    i: In(stream.Signature(Block))
    o: Out(stream.Signature(Block))

    def elaborate(self, platform):
        m = Module()
        m.submodules.matcher = matcher = Matcher(len(HEADERS), 200, 4096)
        headers = [StoredHeader.const(stored(*header)) for header in HEADERS]
        count = Signal(range(len(headers) + 1))
        m.d.comb += matcher.layer.eq(self.layer)
        connect(m, matcher.o, wiring.flipped(self.o))
        with m.If(count != len(headers)):
            m.d.comb += [matcher.load_enable.eq(1), matcher.load_address.eq(count)]
            m.d.comb += matcher.load_data.as_value().eq(Array(h.as_value() for h in headers)[count])
            m.d.sync += count.eq(count + 1)
        with m.Else():
            m.d.comb += matcher.load_address.eq(ALL)  # nothing is stored there now
            m.d.comb += [matcher.i.payload.eq(self.i.payload), matcher.i.valid.eq(self.i.valid)]
            m.d.comb += self.i.ready.eq(matcher.i.ready)
        return m


def block(header, positions=0xFFFF, value=1, psum=0, lane=0, is_end=0):
    return {
        "is_end": is_end,
        "value": value,
        "weights": header,
        "psum": psum,
        "positions": positions,
        "kernel": 0xFFFF,
        "below": [8, 12],
        "lane": lane,
    }


def end(header=NONE, positions=0):
    return block(header, positions, is_end=1)


def matched(blocks, unit_weights=False):
    """Keep the blocks with a position that has a weight; with unit weights all have."""
    kept = []
    for item in blocks:
        mask, first = HEADERS[item["weights"]]
        both = item["positions"] & (0xFFFF if unit_weights else mask)
        header = () if unit_weights else (mask, below(mask), first)
        if item["is_end"]:
            kept.append(END)
        elif both:
            kept.append((item["value"], item["psum"], both, *header))
    return kept


def match(blocks, count, unit_weights=False, **pauses):
    """Return what is left of the blocks, and when; cycles count from the end of the loading."""
    layer = {"unit_weights": unit_weights, "maximum": 1, "blocks": 77}
    found, arrived = run_stream(Loaded(), blocks, count=count, hold={"layer": layer}, **pauses)
    kept = [
        END
        if b.is_end
        else (
            b.value,
            b.psum,
            b.positions,
            *(() if unit_weights else (b.kernel, list(b.below), b.weights)),
        )
        for b in found
    ]
    return kept, [cycle - len(HEADERS) for cycle in arrived]


CORNERS = [
    block(FIRST, 0x0001, -255, 4095, 63),
    block(FIRST, 0xFFFE, 255, 0, 0),  # nothing
    block(LAST, 0x8000, 255, 1, 1),
    block(LAST, 0x7FFF, 1, 2, 2),  # nothing
    end(FIRST, 0x0001),
    block(ALL, 0x0100, -1, 2048, 32),
    block(NONE, 0xFFFF, 7, 7, 7),  # nothing
    end(NONE, 0xFFFF),
    end(ALL, 0x0000),
    block(EVEN, 0xFFFF, -128, 1365, 21),
    block(ODD, 0xFFFF, 127, 2730, 42),
    block(ODD, 0x5555, 3, 3, 3),  # nothing
    block(EVEN, 0x00FF, 64, 5, 5),
    block(MIDDLE, 0x0180, -64, 6, 6),
    block(MIDDLE, 0x0100, 2, 9, 9),
    block(MIDDLE, 0xFE7F, 4, 4, 4),  # nothing
    block(ALL, 0xFFFF, -2, 8, 8),
]


def random_blocks(choose, count):
    """About half of which have something to multiply; neighbours differ in every field."""
    blocks = []
    for index in range(count):
        item = block(
            choose.randrange(len(HEADERS)),
            choose.choice([1, 0x8000, 0x0180, 0x5555, 0xAAAA, 0x00FF, 0x7FFE]),
            choose.randrange(-255, 256),
            choose.randrange(4096),
            choose.randrange(64),
            is_end=choose.random() < 0.1,
        )
        blocks.append({**item, "value": item["value"] // 2 * 2 + index % 2})
    return [*blocks, end()]


@pytest.mark.parametrize("unit_weights", [False, True])
def test_corners(unit_weights):
    expected = matched([*CORNERS, end()], unit_weights)
    kept, _ = match([*CORNERS, end()], len(expected), unit_weights)
    assert kept == expected


@pytest.mark.parametrize("unit_weights", [False, True])
@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_keeps_order_under_pauses(seed, shy, unit_weights):
    blocks = random_blocks(random.Random(seed), 150)
    expected = matched(blocks, unit_weights)
    kept, _ = match(blocks, len(expected), unit_weights, idle=0.3, stall=0.5, shy=shy, seed=seed)
    assert kept == expected


def test_by_hand():
    blocks = [block(EVEN, 0x000F, 5, 6, 7), block(ODD, 0xF000, -8, 9, 10), end()]
    kept, _ = match(blocks, 3)
    assert kept == [
        (5, 6, 0b0101, 0x5555, [4, 6], 128),
        (-8, 9, 0b1010 << 12, 0xAAAA, [4, 6], 73),
        END,
    ]


@pytest.mark.parametrize(
    ("blocks", "cycles"),
    [
        ([block(ALL)], [0]),
        ([block(ALL), block(EVEN), block(ODD), block(FIRST)], [0, 1, 2, 3]),
        ([block(NONE), block(ALL)], [1]),
        ([block(ALL), block(NONE), block(ALL)], [0, 2]),  # an empty block takes a cycle
        ([block(NONE)] * 5 + [end(), block(ODD, 0x5555), block(ODD, 0xAAAA)], [5, 7]),
        ([end(), end(), block(LAST)], [0, 1, 2]),
    ],
)
def test_takes_a_block_a_cycle(blocks, cycles):
    _, arrived = match(blocks, len(cycles))
    assert arrived == [Matcher.LATENCY + cycle for cycle in cycles]


@pytest.mark.parametrize("empty", [0, 1, 2, 7])
@pytest.mark.parametrize("before", [0, 5, Matcher.MATCHES - 1, Matcher.MATCHES])
def test_looks_ahead_while_it_is_refused(before, empty):
    """Blocks without a match leave between those that wait, but not behind a full queue."""
    dut = Matcher(len(HEADERS), 200, 4096)
    full = [block(ALL, value=value) for value in range(Matcher.MATCHES + 3)]
    blocks = [*full[:before], *[block(NONE)] * empty, *full[before:]]
    first, taken, given = 50, [], []

    async def testbench(ctx):
        for address, (mask, weights) in enumerate(HEADERS):
            ctx.set(dut.load_enable, 1)
            ctx.set(dut.load_address, address)
            ctx.set(dut.load_data, stored(mask, weights))
            await ctx.tick()
        ctx.set(dut.load_enable, 0)
        waiting = list(blocks)
        for cycle in range(100):
            ctx.set(dut.i.valid, bool(waiting))
            ctx.set(dut.i.payload, waiting[0] if waiting else block(LAST))
            ctx.set(dut.o.ready, cycle >= first)
            if waiting and ctx.get(dut.i.ready):
                waiting.pop(0)
                taken.append(cycle)
            if cycle >= first and ctx.get(dut.o.valid):
                given.append((cycle - first, ctx.get(dut.o.p.value)))
            await ctx.tick()

    simulate(dut, testbench)
    passed = empty if before < Matcher.MATCHES else 0
    at_once = Matcher.MATCHES + 1 + passed
    assert taken == [*range(at_once), *range(first + 1, first + 1 + len(blocks) - at_once)]
    assert given == [(index, index) for index in range(len(full))]
