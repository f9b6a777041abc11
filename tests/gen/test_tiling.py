"""Tiles cover a layer, fit in the lanes, and begin where they must."""

import numpy as np
import pytest
from hardware import geometry, random_geometry

from zeroleap.gen.ir import Padding
from zeroleap.gen.tiling import Region, tile_layer
from zeroleap.hw.config import EngineConfig


def engine(random):
    return EngineConfig(
        lanes=int(random.choice([1, 2, 3, 4, 6, 8, 16, 64])),
        partial_sums=int(random.choice([4, 5, 8, 30, 512])),
        sparsity=str(random.choice(["none", "activation"])),
    )


def cuts_of(random, size):
    return sorted({int(cut) for cut in random.integers(1, size + 1, 2) if cut < size})


@pytest.mark.parametrize("with_cuts", [False, True])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_every_output_is_in_one_tile_that_fits(seed, channelwise, with_cuts):
    random = np.random.default_rng(seed)
    config, shape = engine(random), random_geometry(random, channelwise)
    sizes = (shape.out_height, shape.out_width)
    cuts = [cuts_of(random, size) if with_cuts else [] for size in sizes]
    covered = np.zeros((*sizes, shape.out_channels), int)
    for tile in tile_layer(shape, config, *cuts):
        rows = slice(tile.row, tile.row + tile.rows)
        columns = slice(tile.column, tile.column + tile.columns)
        part = covered[rows, columns, tile.channel : tile.channel + tile.channels]
        assert part.shape == (tile.rows, tile.columns, tile.channels)
        part += 1

        slots = -(-tile.channels // config.lanes)
        assert slots <= tile.slots
        assert tile.rows * tile.columns * tile.slots <= config.partial_sums
        assert tile.channel % config.lanes == 0  # the first channel is the first lane's
        assert not channelwise or tile.channel % 4 == 0  # and the first of a word
        for first, count, marks in (
            (tile.row, tile.rows, cuts[0]),
            (tile.column, tile.columns, cuts[1]),
        ):
            assert not any(first < mark < first + count for mark in marks)
    assert (covered == 1).all()


def test_an_output_of_one_pixel_is_one_tile():
    shape = geometry((3, 3), (5, 40), (3, 3), (1, 1), Padding())
    [tile] = tile_layer(shape, EngineConfig(lanes=64))
    assert tile == Region(0, 1, 0, 1, 0, 40, 1)
