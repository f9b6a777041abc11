"""Kernels are cut into blocks that hold every weight once, in as few pieces as there can be."""

from itertools import product

import pytest
from hardware import geometry

from zeroleap.gen.blocks import Blocks, Part, cut_into_blocks
from zeroleap.gen.ir import Padding
from zeroleap.hw.isa import POSITIONS

KERNELS = [
    *((1, 1), (3, 3), (2, 5), (4, 4), (5, 5), (7, 7), (1, 16), (16, 1), (1, 17), (17, 1)),
    *((2, 8), (2, 9), (3, 6), (33, 2), (40, 40), (512, 1)),
]


def blocks_of(kernel, slots, channelwise=False, positions=POSITIONS):
    channels = (3, 3 if channelwise else 7)
    shape = geometry(kernel, channels, kernel, (1, 1), Padding(), channelwise)
    return cut_into_blocks(shape, slots, positions)


@pytest.mark.parametrize(
    ("kernel", "slots", "expected"),
    [
        # A 1 x 1 kernel: 16 channels fit; 20 are two blocks of 10, as even as can be.
        ((1, 1), 20, Blocks(10, (1, 1), 2, 10, (Part((0, 0), (1, 1)),))),
        ((1, 1), 33, Blocks(11, (1, 1), 3, 11, (Part((0, 0), (1, 1)),))),
        ((1, 1), 17, Blocks(9, (1, 1), 2, 8, (Part((0, 0), (1, 1)),))),
        # 3 x 3: one channel of 9 taps fits, and no second.
        ((3, 3), 5, Blocks(1, (3, 3), 5, 1, (Part((0, 0), (3, 3)),))),
        ((2, 2), 4, Blocks(4, (2, 2), 1, 4, (Part((0, 0), (2, 2)),))),
        ((2, 3), 5, Blocks(2, (2, 3), 3, 1, (Part((0, 0), (2, 3)),))),
        # 5 x 5: three rows of 5 would fit, so two parts, the second less by a row.
        ((5, 5), 2, Blocks(1, (3, 5), 2, 1, (Part((0, 0), (3, 5)), Part((3, 0), (2, 5))))),
        # 1 x 17: two parts, of 9 and 8 taps.
        ((1, 17), 1, Blocks(1, (1, 9), 1, 1, (Part((0, 0), (1, 9)), Part((0, 9), (1, 8))))),
    ],
)
def test_a_cut_by_hand(kernel, slots, expected):
    assert blocks_of(kernel, slots) == expected


@pytest.mark.parametrize("positions", [4, 9, POSITIONS])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("slots", [1, 2, 3, 8, 16, 17, 100])
@pytest.mark.parametrize("kernel", KERNELS)
def test_every_tap_of_every_slot_has_one_place(kernel, slots, channelwise, positions):
    blocks = blocks_of(kernel, slots, channelwise, positions)
    assert blocks.positions <= positions
    met = [
        (part.first[0] + r, part.first[1] + s)
        for part in blocks.parts
        for r, s in product(range(part.count[0]), range(part.count[1]))
    ]
    assert sorted(met) == sorted(product(range(kernel[0]), range(kernel[1])))
    for part in blocks.parts:
        assert all(1 <= part.count[axis] <= blocks.taps[axis] for axis in (0, 1))

    if channelwise:
        assert (blocks.slots, blocks.count, blocks.last_slots) == (1, 1, 1)
    else:
        assert (blocks.count - 1) * blocks.slots + blocks.last_slots == slots
        assert 1 <= blocks.last_slots <= blocks.slots


@pytest.mark.parametrize("kernel", KERNELS)
def test_no_cut_has_fewer_blocks(kernel):
    taps = blocks_of(kernel, 1).taps
    for slots in (1, 5, 16, 30):
        assert blocks_of(kernel, slots).count == -(-slots // (POSITIONS // (taps[0] * taps[1])))
    if kernel[0] * kernel[1] <= POSITIONS:
        assert len(blocks_of(kernel, 1).parts) == 1


def test_a_position_is_slot_then_row_then_column():
    blocks = blocks_of((2, 3), 5)
    places = [*product(range(2), range(2), range(3))]
    assert blocks.places() == places
    assert [(slot * 2 + r) * 3 + s for slot, r, s in places] == [*range(blocks.positions)]
    assert (blocks.slot_positions, blocks.positions) == (6, 12)


def test_a_last_block_uses_its_first_positions():
    assert blocks_of((2, 3), 5).last_positions == 0b111111  # one channel of six taps
    assert blocks_of((2, 3), 4).last_positions == 0xFFF
    assert blocks_of((4, 4), 1).last_positions == 0xFFFF
