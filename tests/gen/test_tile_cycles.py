"""Estimates of tiles, worked out by hand, and against lanes that are played."""

import numpy as np
import pytest
from hardware import geometry

from zeroleap.gen.ir import Padding
from zeroleap.gen.tile_cycles import Load, Playing
from zeroleap.hw.config import EngineConfig

SAME = Padding(1, 1, 1, 1)


def load(shape, work=None, shared=False, slots=1, **options):
    options = {"lanes": 8, "sparsity": "both"} | options
    return Load(shape, EngineConfig(**options), work, shared=shared, slots=slots)


def test_a_dense_tile_by_hand():
    """3 x 4 outputs at the corner meet 8 x 11 taps, 2 and 3 of the padding left out; 16 inputs.

    Half of the activations count: 704 products for a channel of a lane, 1408 for two. 16 channels
    are drained in 192 cycles and some.
    """
    shape = geometry((8, 8), (16, 16), (3, 3), (1, 1), SAME)
    assert load(shape, slots=2).tile_cycles((0, 3), (0, 4)) == (1408, 192 + 16)
    assert load(shape, slots=2, sparsity="none").tile_cycles((0, 3), (0, 4))[0] == 2816
    assert load(shape).passes == 2
    assert load(shape, slots=2).passes == 1


def test_each_part_of_a_kernel_costs_as_a_tile_does():
    """8 x 11 outputs of 40 taps, in 3 parts; half of 4 inputs count; 8 cycles a part more."""
    shape = geometry((8, 50), (4, 8), (1, 40), (1, 1), Padding())
    assert load(shape).tile_cycles((0, 8), (0, 11))[0] == 8 * 11 * 40 * 4 // 2 + 2 * 8


def test_a_tile_of_one_product_a_word_waits_for_its_words():
    """8 x 8 pixels of 4 words; of 2 groups, each may read every other cycle."""
    shape = geometry((8, 8), (16, 4), (1, 1), (1, 1), Padding())
    assert load(shape).tile_cycles((0, 8), (0, 8))[0] == 512  # an activation a cycle
    own = load(shape, lanes=16, groups=4)
    assert own.tile_cycles((0, 8), (0, 8))[0] == 1024
    shared = load(shape, lanes=16, groups=4, shared=True)
    assert (own.takers, shared.takers) == (4, 1)
    assert shared.tile_cycles((0, 8), (0, 8))[0] == 512


def test_words_that_are_read_together_wait_for_one_turn():
    """Of 4 groups; 8 x 8 pixels of 4 words are 2 pairs each, of 5 words 3 reads."""
    for channels, words, reads in ((16, 4, 2), (20, 5, 3), (4, 1, 1)):
        shape = geometry((8, 8), (channels, 4), (1, 1), (1, 1), Padding())
        pairs = load(shape, lanes=16, groups=4, read_words=2)
        assert pairs.tile_cycles((0, 8), (0, 8))[0] == 64 * reads * 4
        alone = load(shape, lanes=8, read_words=2)
        assert alone.tile_cycles((0, 8), (0, 8))[0] == 64 * words * 2  # an activation a cycle


def test_groups_that_share_drain_whole_words():
    """20 channels of 4 groups: 8 for each of the first two; they are drained in turns."""
    shape = geometry((4, 4), (4, 20), (3, 3), (1, 1), SAME)
    shared = load(shape, lanes=32, groups=4, shared=True)
    assert shared.tile_cycles((0, 2), (0, 4))[1] == 8 * 8 + 16


def test_the_slowest_lane_counts():
    """Of two lanes with 72 weights each, all products of one are more than the mean."""
    shape = geometry((6, 6), (8, 2), (3, 3), (1, 1), SAME)
    even, odd = (
        load(shape, np.array(work), lanes=2).tile_cycles((0, 6), (0, 6))[0]
        for work in ([36, 36], [72, 0])
    )
    products = 16 * 16 * 4
    assert 0.5 * products < even < 0.75 * products
    assert products < odd < 1.25 * products


@pytest.mark.parametrize("density", [0.05, 0.3, 0.7])
@pytest.mark.parametrize("side", [1, 2, 4])
def test_blocks_without_products_cost_what_they_cost_a_lane(side, density):
    """A lane that finds a block a cycle, 16 ahead of the one it multiplies; 2000 inputs a pixel."""
    random = np.random.default_rng(5)
    shape = geometry((side + 2, side + 2), (4000, 1), (3, 3), (1, 1), Padding())
    taps = [sum(0 <= place - r < side for r in range(3)) for place in range(side + 2)]
    found = finished = 0
    begun = [0] * 16
    for count in np.outer(taps, taps).ravel():
        for products in random.binomial(count, density, 2000).tolist():
            found = max(found + 1, begun[-16] + 1)
            if products:
                begun.append(max(found + 1, finished))
                finished = begun[-1] + products
    work = np.array([round(9 * density * 4000)])
    estimate, _ = load(shape, work, lanes=1, queue_depth=64).tile_cycles((0, side), (0, side))
    assert estimate == pytest.approx(max(found, finished), rel=0.03)


def test_tiles_are_drained_while_the_next_is_computed():
    """100 cycles and 8; the drain ends in 158, that of the second in 266, and of a third in 374."""
    playing = Playing(1)
    for end in (158, 266, 374):
        playing.take(100, 50)
        assert playing.end == end


def test_a_tile_waits_for_the_bank_of_the_one_before_last():
    """Drains of 500: the first ends in 608, the second in 1108; the third begins in 608."""
    playing = Playing(1)
    for end in (608, 1108, 1608):
        playing.take(100, 500)
        assert playing.end == end
    playing.take(1000, 500)  # from 1108, when the second is drained
    assert playing.end == 1108 + 1008 + 500


def test_who_is_free_first_takes_the_next_tile():
    """300 and 100 cycles for two; the third goes to the second, which is done in 216."""
    playing = Playing(2)
    playing.take(300, 0)
    playing.take(100, 0)
    playing.take(100, 0)
    assert playing.end == 308
