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
        sparsity=str(random.choice(["none", "activation", "both"])),
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
    density = random.choice([0.0, 0.3, 1.0]) if config.sparsity == "both" else 1.0
    covered = np.zeros((*sizes, shape.out_channels), int)
    tiles = tile_layer(shape, config, *cuts, density=float(density))
    for tile in tiles:
        rows = slice(tile.row, tile.row + tile.rows)
        columns = slice(tile.column, tile.column + tile.columns)
        part = covered[rows, columns, tile.channel : tile.channel + tile.channels]
        assert part.shape == (tile.rows, tile.columns, tile.channels)
        part += 1

        slots = -(-tile.channels // config.lanes)
        assert slots <= tile.slots == tiles[0].slots
        assert tile.channel % tiles[0].channels == 0  # all sets but the last are as large
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


@pytest.mark.parametrize("sparsity", ["none", "activation", "both"])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_sets_of_channels_are_whole_but_for_the_last(lanes, channelwise, sparsity):
    """As many channels as do not come out even; sums for few of them."""
    for channels in (19, 21, 40, 129):
        shape = geometry((3, 3), (channels, channels), (2, 2), (1, 1), Padding(), channelwise)
        config = EngineConfig(lanes=lanes, sparsity=sparsity, partial_sums=4)
        tiles = tile_layer(shape, config)
        assert {tile.slots for tile in tiles} == {tiles[0].slots}
        whole = tiles[0].slots * lanes
        sets = sorted({(tile.channel, tile.channels) for tile in tiles})
        expected = [(low, min(whole, channels - low)) for low in range(0, channels, whole)]
        assert sets == expected
        assert not channelwise or len(sets) == 1 or whole % 4 == 0


@pytest.mark.parametrize("density", [0.0, 1e-9, 0.5, 1.0])
@pytest.mark.parametrize("sparsity", ["none", "activation", "both"])
def test_any_density_has_tiles(sparsity, density):
    shape = geometry((9, 9), (8, 40), (3, 3), (1, 1), Padding(1, 1, 1, 1))
    tiles = tile_layer(shape, EngineConfig(sparsity=sparsity), density=density)
    assert sum(tile.rows * tile.columns * tile.channels for tile in tiles) == 9 * 9 * 40


def test_all_pixels_of_a_set_of_channels_come_before_the_next_set():
    """Tiles of a set of channels come one after the other, row by row."""
    shape = geometry((8, 8), (4, 40), (1, 1), (1, 1), Padding())
    tiles = tile_layer(shape, EngineConfig(lanes=2, partial_sums=6))
    places = [(tile.channel, tile.row, tile.column) for tile in tiles]
    assert places == sorted(places)
    assert len({channel for channel, _, _ in places}) > 1
