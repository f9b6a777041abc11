"""In which order, in which cycle and to which bank the products of blocks go."""

import random

import pytest
from amaranth import Array, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect
from hardware import SEEDS, simulate

from zeroleap.hw.isa import POSITIONS
from zeroleap.hw.picker import Picker
from zeroleap.hw.streams import Block, Product

OFFSETS = [0, 4095, 1, 4094, 2048, 17, 33, 4000, 5, 2047, 100, 3000, 9, 4090, 64, 1234]
"""No two are the same; many are steps back."""

FIRST_TURN = 1
"""Cycle of the turn of a block that is given in cycle 0."""


class WithOffsets(wiring.Component):
    """A picker with `OFFSETS`."""

    i: In(stream.Signature(Block))
    oldest: In(1)
    valid: Out(1)
    product: Out(Product)
    bank: Out(1)

    def __init__(self, is_dense):
        self._is_dense = is_dense
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.picker = picker = Picker(is_dense=self._is_dense)
        connect(m, wiring.flipped(self.i), picker.i)
        m.d.comb += [picker.oldest.eq(self.oldest), self.bank.eq(picker.bank)]
        m.d.comb += [self.valid.eq(picker.valid), self.product.eq(picker.product)]
        m.d.comb += picker.offset.eq(Array(OFFSETS)[picker.position])
        return m


def block(positions, kernel=0xFFFF, value=1, weights=0, psum=0, lane=0):
    return {
        "is_end": 0,
        "value": value,
        "weights": weights,
        "psum": psum,
        "positions": positions,
        "kernel": kernel,
        "below": [(kernel & 0xFF).bit_count(), (kernel & 0xFFF).bit_count()],
        "lane": lane,
    }


def end(positions=0):
    return {**block(positions, value=-99, lane=11), "is_end": 1}


def products(item, is_dense):
    """Multiply position by position; the weights of ``kernel`` are stored in their order."""
    found = []
    for position in range(POSITIONS):
        if item["positions"] >> position & 1:
            stored = [p for p in range(POSITIONS) if is_dense or item["kernel"] >> p & 1]
            weight = (item["weights"] + stored.index(position)) % 2**20
            psum = (item["psum"] + OFFSETS[position]) % 2**12
            found.append((item["value"], weight, psum, item["lane"]))
    return found


def pick(blocks, is_dense=False, oldest=lambda cycle: 0, idle=0.0, seed=0, cycles=None):
    """Return cycle, product and bank of each product, the cycles of the blocks, and all banks.

    ``oldest`` is the bank that is drained, cycle by cycle. A block None is a cycle without one.
    """
    dut = WithOffsets(is_dense)
    pause = random.Random(seed)
    found, taken, banks = [], [], []

    async def testbench(ctx):
        waiting, offered, quiet, cycle = list(blocks), False, 0, 0
        while quiet < 8 if cycles is None else cycle < cycles:
            if waiting[:1] == [None]:
                waiting.pop(0)
                offered = False
            else:
                offered = bool(waiting) and (offered or pause.random() >= idle)
            ctx.set(dut.i.valid, offered)
            nonsense = {**block(0xFFFF, value=-77), "is_end": cycle % 2}
            ctx.set(dut.i.payload, waiting[0] if offered else nonsense)
            ctx.set(dut.oldest, oldest(cycle))
            banks.append(ctx.get(dut.bank))
            quiet = 0 if waiting or ctx.get(dut.valid) else quiet + 1
            if ctx.get(dut.valid):
                p = ctx.get(dut.product)
                found.append((cycle, (p.value, p.weight, p.psum, p.lane), ctx.get(dut.bank)))
            if offered and ctx.get(dut.i.ready):
                waiting.pop(0)
                taken.append(cycle)
                offered = False
            await ctx.tick()
            cycle += 1
            assert cycle < 20_000

    simulate(dut, testbench)
    return found, taken, banks


CORNERS = [
    block(0x0001, 0x0001, -255, 0, 0, 63),
    block(0x8000, 0xFFFF, 255, 2**20 - 1, 4095, 0),
    block(0xFFFF, 0xFFFF, -1, 2**20 - 8, 2048, 21),
    block(0x8001, 0x8001, 1, 500, 1, 42),
    block(0x5554, 0x5555, 128, 1000, 4094, 5),
    block(0xAAAA, 0xAAAA, -128, 2000, 7, 10),
    block(0x0180, 0x7FFE, 64, 3000, 1365, 31),
    block(0x8000, 0x8000, -64, 4000, 2730, 1),
    block(0x0040, 0x00C1, 3, 5000, 11, 2),
]


def random_blocks(choose, count):
    blocks = []
    for _ in range(count):
        kernel = choose.randrange(1, 2**POSITIONS)
        positions = kernel & choose.choice([0xFFFF, 0x00F0, 0x8001, choose.randrange(2**16)])
        blocks.append(
            block(
                positions or kernel,
                kernel,
                choose.randrange(-255, 256),
                choose.randrange(2**20),
                choose.randrange(2**12),
                choose.randrange(64),
            )
        )
    return blocks


@pytest.mark.parametrize("is_dense", [False, True])
def test_corners_follow_without_a_gap(is_dense):
    found, taken, _ = pick(CORNERS, is_dense)
    expected = [product for item in CORNERS for product in products(item, is_dense)]
    first = FIRST_TURN + Picker.LATENCY
    assert [product for _, product, _ in found] == expected
    assert [cycle for cycle, *_ in found] == list(range(first, first + len(expected)))

    # The next block is taken in the cycle of the last position of the one before.
    turns = [sum(item["positions"].bit_count() for item in CORNERS[:n]) for n in range(9)]
    assert taken == turns


@pytest.mark.parametrize("is_dense", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_waits_for_blocks(seed, is_dense):
    blocks = random_blocks(random.Random(seed), 60)
    found, taken, _ = pick(blocks, is_dense, idle=0.7, seed=seed)
    expected = [
        (cycle + FIRST_TURN + Picker.LATENCY + index, product, 0)
        for cycle, item in zip(taken, blocks, strict=True)
        for index, product in enumerate(products(item, is_dense))
    ]
    assert found == expected


def test_by_hand():
    """Positions 1, 3 and 6; weights of 1, 2, 3 and 6 are stored, from 100 on."""
    item = block(0b100_1010, 0b100_1110, -7, 100, 10, 3)
    sparse, _, _ = pick([item])
    assert sparse == [
        (3, (-7, 100, (10 + 4095) % 4096, 3), 0),
        (4, (-7, 102, (10 + 4094) % 4096, 3), 0),
        (5, (-7, 103, 43, 3), 0),
    ]
    dense, _, _ = pick([item], is_dense=True)
    assert [weight for _, (_, weight, _, _), _ in dense] == [101, 103, 106]


@pytest.mark.parametrize("positions", [0x0000, 0x0001, 0xFFFF])
def test_an_end_is_a_cycle_without_a_product_if_the_other_bank_is_free(positions):
    """Banks in turn; what the end has for positions is not looked at."""
    blocks = [CORNERS[0], end(positions), CORNERS[3], end(positions), CORNERS[7]]
    found, taken, banks = pick(blocks, oldest=lambda cycle: cycle >= 3)
    assert taken == [0, 1, 2, 4, 5]
    first = FIRST_TURN + Picker.LATENCY
    assert [(cycle - first, bank) for cycle, _, bank in found] == [(0, 0), (2, 1), (3, 1), (5, 0)]
    assert [product[0] for _, product, _ in found] == [-255, 1, 1, -64]
    changes = [n for n in range(1, len(banks)) if banks[n] != banks[n - 1]]
    assert changes == [first + 2, first + 5]


@pytest.mark.parametrize("opens", [2, 3, 4, 5, 11])
@pytest.mark.parametrize("positions", [0x0000, 0x8001])
def test_an_end_waits_until_the_other_bank_is_free(positions, opens):
    """The second end's turn is in cycle 3; its bank is 1, and 0 is free after 1 was oldest."""
    blocks = [end(), block(1, value=5), end(positions), block(1, value=6), block(2, value=7)]
    found, taken, banks = pick(blocks, oldest=lambda cycle: cycle >= opens)
    turn = max(3, opens + 1)
    assert taken == [0, 1, 2, turn, turn + 1]
    assert [(cycle, p[0], bank) for cycle, p, bank in found] == [
        (2 + Picker.LATENCY, 5, 1),
        (turn + 1 + Picker.LATENCY, 6, 0),
        (turn + 2 + Picker.LATENCY, 7, 0),
    ]
    changes = [n for n in range(1, len(banks)) if banks[n] != banks[n - 1]]
    assert changes == [2 + Picker.LATENCY, turn + 1 + Picker.LATENCY]


def test_holds_back_what_follows_the_end_of_a_second_tile():
    """Nothing is drained: one tile in each bank, and the third is kept out."""
    blocks = [CORNERS[0], end(), CORNERS[3], end(0xFFFF), CORNERS[7]]
    found, taken, banks = pick(blocks, oldest=lambda cycle: 0, cycles=60)
    assert [bank for *_, bank in found] == [0, 1, 1]
    assert len(taken) == 4
    assert banks[-1] == 1


@pytest.mark.parametrize("changes", [(), (4,), (4, 6), (3, 5, 8), (10,)])
def test_an_end_counts_once_however_late_the_next_block_is(changes):
    """Behind the end there is nothing for a while, in which the oldest bank may change."""
    blocks = [end(0xFFFF), *[None] * 9, block(1, value=5), end(), None, block(1, value=6)]
    found, taken, _ = pick(
        blocks, oldest=lambda cycle: sum(cycle >= change for change in changes) % 2, cycles=30
    )
    is_open = len(changes) % 2 == 1
    assert taken == ([0, 10, 11, 13] if is_open else [0, 10, 11])
    expected = [(11 + Picker.LATENCY, 5, 1), (14 + Picker.LATENCY, 6, 0)]
    products = [(cycle, product[0], bank) for cycle, product, bank in found]
    assert products == (expected if is_open else expected[:1])


@pytest.mark.parametrize("seed", SEEDS)
def test_tiles_take_turns(seed):
    """Tiles of random blocks, drained at random times."""
    choose = random.Random(seed)
    tiles = [random_blocks(choose, choose.randrange(4)) for _ in range(25)]
    blocks = [item for tile in tiles for item in (*tile, end(choose.randrange(2**16)))]
    bank_of = [choose.randrange(2)]
    while len(bank_of) < 15_000:
        bank_of += [1 - bank_of[-1]] * choose.randrange(1, 200)
    found, taken, _ = pick(blocks, oldest=lambda n: bank_of[n], idle=0.2, seed=seed)

    expected, free, bank = [], 0, 0
    for cycle, item in zip(taken, blocks, strict=True):
        turn = max(cycle + FIRST_TURN, free)
        assert cycle >= free - 1  # taken no sooner than in the last cycle before
        if item["is_end"]:
            while bank_of[turn - 1] != bank:
                turn += 1
            bank, free = 1 - bank, turn + 1
        else:
            for product in products(item, False):
                expected.append((turn + Picker.LATENCY, product, bank))
                turn += 1
            free = turn
    assert found == expected
