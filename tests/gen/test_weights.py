"""Weights where the lanes look for them: each once, and nothing else."""

from itertools import product

import numpy as np
import pytest
from hardware import geometry

from zeroleap.gen.blocks import cut_into_blocks
from zeroleap.gen.dealing import deal_evenly, deal_in_turn
from zeroleap.gen.ir import Padding
from zeroleap.gen.weights import Packed, pack_dense, pack_sparse, part_of_weights
from zeroleap.hw.isa import POSITIONS, Header, decode

SEED = 7
CASES = [
    # out_channels, kernel, in_channels, lanes
    *((1, (1, 1), 1, 1), (5, (3, 3), 2, 2), (8, (1, 1), 5, 8), (33, (1, 1), 3, 2)),
    *((3, (2, 2), 3, 8), (10, (2, 3), 3, 3), (7, (5, 5), 2, 3), (2, (1, 17), 1, 1)),
    *((9, (17, 1), 3, 4), (5, (7, 3), 2, 2), (3, (4, 4), 4, 1), (40, (1, 2), 1, 2)),
]
CHANNELWISE = [
    # channels, kernel, lanes
    *(
        (1, (3, 3), 1),
        (5, (5, 5), 2),
        (8, (1, 1), 8),
        (13, (2, 3), 3),
        (7, (1, 17), 4),
        (3, (3, 3), 8),
    ),
]
DENSITIES = (0.0, 0.1, 0.5, 1.0)


def kernels(random, shape, density):
    weights = random.integers(1, 128, shape) * random.choice([-1, 1], shape)
    return np.where(random.random(shape) < density, weights, 0).astype(np.int8)


def blocks_of(weights, lanes):
    channels, down, across, *inputs = weights.shape
    counts = (inputs[0], channels) if inputs else (channels, channels)
    shape = geometry((down, across), counts, (down, across), (1, 1), Padding(), not inputs)
    return cut_into_blocks(shape, -(-channels // lanes))


def dense_weight(packed, row, position, lane):
    """All weights are stored: a position is an address."""
    return int(packed.weights[row + position, lane])


def sparse_weight(packed, row, position, lane, first_weight):
    """A header's mask says whether a weight is stored; its bits below count those before."""
    header = decode(Header, [packed.headers[row, lane]])
    if not header.mask >> position & 1:
        return 0
    before = bin(header.mask & (1 << position) - 1).count("1")
    weight = int(packed.weights[header.weights + before - first_weight, lane])
    assert weight, "a weight of 0 is stored"
    return weight


def walk(packed, blocks, lanes, channels, weight_at, block_rows):
    """Yield all weights other than 0, with lane, channel, and slot and tap within the part."""
    row = 0
    for channel, block in product(range(channels), range(blocks.count)):
        for lane, (index, (slot, r, s)) in product(range(lanes), enumerate(blocks.places())):
            weight = weight_at(packed, row, index, lane)
            if weight:
                yield lane, channel, block * blocks.slots + slot, r, s, weight
        row += block_rows
    assert row == (len(packed.headers) or len(packed.weights))


def found(weights, dealing, lanes, is_sparse):
    """Give all weights that lanes find, as (out channel, row, column, in channel, weight)."""
    blocks = blocks_of(weights, lanes)
    channel_at = {tuple(place): channel for channel, place in enumerate(dealing.tolist())}
    is_channelwise = weights.ndim == 3
    slots = -(-len(weights) // lanes)
    channels = slots if is_channelwise else weights.shape[3]
    stored, entries = 0, []
    for part in blocks.parts:
        taps = part_of_weights(weights, [dealing], lanes, blocks, part)
        assert taps.shape == (channels, blocks.count, blocks.positions, lanes)
        if is_sparse:
            packed = pack_sparse(taps, 1000 + stored)

            def weight_at(*place, first=1000 + stored):
                return sparse_weight(*place, first)
        else:
            packed, weight_at = pack_dense(taps), dense_weight
            assert packed.headers.shape == (0, lanes)
        assert (packed.weights.dtype, packed.headers.dtype) == (np.int8, np.uint32)
        stored += len(packed.weights)
        rows = 1 if is_sparse else blocks.positions
        for lane, channel, slot, r, s, weight in walk(
            packed, blocks, lanes, channels, weight_at, rows
        ):
            at = (lane, channel if is_channelwise else slot)
            in_channel = 0 if is_channelwise else channel
            tap = (part.first[0] + r, part.first[1] + s)
            entries.append((channel_at[at], *tap, in_channel, weight))
    return entries, stored


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("case", CASES)
def test_every_weight_is_found_once_and_none_else(case, density, is_sparse):
    out_channels, kernel, in_channels, lanes = case
    random = np.random.default_rng(SEED)
    weights = kernels(random, (out_channels, *kernel, in_channels), density)
    if is_sparse:
        dealing = deal_evenly(np.count_nonzero(weights, axis=(1, 2, 3)), lanes)
    else:
        dealing = deal_in_turn(out_channels, lanes)
    entries, stored = found(weights, dealing, lanes, is_sparse)
    places = np.argwhere(weights)
    expected = [(*place, weights[tuple(place)]) for place in places.tolist()]
    assert sorted(entries) == sorted(expected)

    own = np.zeros(lanes, int)
    np.add.at(own, dealing[places[:, 0], 0], 1)
    if is_sparse:  # no more than the fullest lane has, but for what parts round up
        parts = len(blocks_of(weights, lanes).parts)
        assert own.max() <= stored <= own.max() * parts
        assert stored == own.max() or parts > 1


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("case", CHANNELWISE)
def test_every_weight_of_a_channelwise_layer_is_found_once(case, density, is_sparse):
    channels, kernel, lanes = case
    weights = kernels(np.random.default_rng(SEED), (channels, *kernel), density)
    entries, _ = found(weights, deal_in_turn(channels, lanes), lanes, is_sparse)
    expected = [(*place, 0, weights[tuple(place)]) for place in np.argwhere(weights).tolist()]
    assert sorted(entries) == sorted(expected)


def test_a_layout_by_hand():
    """Two lanes; lane 0 has channels 0 and 2, lane 1 has channel 1; kernels 1 x 2; two inputs."""
    weights = np.zeros((3, 1, 2, 2), np.int8)
    weights[0, 0, :, 0], weights[1, 0, :, 0], weights[2, 0, :, 0] = (1, 0), (0, 3), (4, 5)
    weights[0, 0, :, 1], weights[1, 0, :, 1], weights[2, 0, :, 1] = (0, 0), (6, 7), (8, 0)
    blocks = blocks_of(weights, 2)
    [part] = blocks.parts
    taps = part_of_weights(weights, [deal_in_turn(3, 2)], 2, blocks, part)

    dense = pack_dense(taps).weights
    assert dense[:, 0].tolist() == [*(1, 0, 4, 5), *(0, 0, 8, 0)]
    assert dense[:, 1].tolist() == [*(0, 3, 0, 0), *(6, 7, 0, 0)]

    sparse = pack_sparse(taps, 30)
    assert sparse.weights.T.tolist() == [[1, 4, 5, 8], [3, 6, 7, 0]]
    assert sparse.headers[:, 0].tolist() == [30 << 16 | 0b1101, 33 << 16 | 0b0100]
    assert sparse.headers[:, 1].tolist() == [30 << 16 | 0b0010, 31 << 16 | 0b0011]


@pytest.mark.parametrize("is_channelwise", [False, True])
def test_channels_that_are_dealt_twice_are_there_twice(is_channelwise):
    """To lanes 0 and 1, and in another order to lanes 3 and 4; lane 2 has nothing."""
    weights = kernels(np.random.default_rng(SEED), (5, 2, 2, 3), 1.0)
    weights = weights[..., 0] if is_channelwise else weights
    one = deal_in_turn(5, 2)
    other = np.add(one[::-1], [3, 0])
    blocks = blocks_of(weights, 2)
    [part] = blocks.parts
    both = part_of_weights(weights, [one, other], 6, blocks, part)
    assert both.shape[-1] == 6
    for dealing, first in ((one, 0), (other, 3)):
        alone = part_of_weights(weights, [dealing - [first, 0]], 2, blocks, part)
        assert np.array_equal(both[..., first : first + 2], alone)
        assert np.count_nonzero(alone) == weights.size
    assert not both[..., [2, 5]].any()


def test_a_last_part_leaves_its_taps_below_empty():
    """5 x 5 taps are 3 rows and 2: the third row of the second part is 0."""
    weights = np.ones((1, 5, 5, 1), np.int8)
    blocks = blocks_of(weights, 1)
    first, second = (
        part_of_weights(weights, [deal_in_turn(1, 1)], 1, blocks, part) for part in blocks.parts
    )
    assert first.reshape(-1).tolist() == [1] * 15
    assert second.reshape(-1).tolist() == [1] * 10 + [0] * 5


def test_a_header_has_room_for_all_positions_and_the_last_address():
    taps = np.ones((1, 1, POSITIONS, 1), np.int8)
    [[word]] = pack_sparse(taps, 2**16 - POSITIONS).headers.tolist()
    assert word == (2**16 - POSITIONS) << 16 | 0xFFFF


def test_what_is_packed_is_appended():
    first = pack_sparse(np.full((1, 2, 1, 3), 5, np.int8), 0)
    second = pack_sparse(np.full((1, 1, 2, 3), 6, np.int8), 2)
    both = Packed.empty(3) + first + second
    assert both.weights[:, 2].tolist() == [5, 5, 6, 6]
    assert both.headers[:, 2].tolist() == [0 << 16 | 1, 1 << 16 | 1, 2 << 16 | 3]
    assert (both.weights.dtype, both.headers.dtype) == (np.int8, np.uint32)
