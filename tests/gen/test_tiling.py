"""Tiles cover a layer, fit in the lanes, and begin where they must."""

from itertools import groupby, pairwise

import numpy as np
import pytest
from hardware import geometry, random_geometry

from zeroleap.gen.ir import Padding
from zeroleap.gen.saving import Saving
from zeroleap.gen.tiling import Region, Tiling, tile_layer
from zeroleap.hw.config import EngineConfig

KINDS = ("none", "activation", "both")


def engine(random):
    groups = int(random.choice([1, 1, 2, 4, 8]))
    lanes = random.choice([1, 2, 3, 4, 6, 8, 16, 64] if groups == 1 else [4, 8, 12])
    return EngineConfig(
        lanes=int(lanes) * groups if groups <= 4 else 8 * groups,
        groups=groups,
        partial_sums=int(random.choice([4, 5, 8, 30, 512])),
        sparsity=str(random.choice(KINDS)),
    )


def tile_lanes(config, tiling):
    """Lanes that do a tile together."""
    return config.lanes if tiling.shared else config.lanes // config.groups


def cuts_of(random, size):
    return sorted({int(cut) for cut in random.integers(1, size + 1, 2) if cut < size})


def check_tiles(tiling, shape, config, cuts=((), ())):
    """Assert that tiles are a split of the layer that the lanes can do."""
    sizes = (shape.out_height, shape.out_width)
    covered = np.zeros((*sizes, shape.out_channels), int)
    lanes = tile_lanes(config, tiling)
    whole = tiling.slots * lanes
    most = [max(size) for size in zip(*((t.rows, t.columns) for t in tiling.regions), strict=True)]
    assert most[0] * most[1] * tiling.slots <= config.partial_sums  # rows are as far apart in all
    assert tiling.slots <= -(-shape.out_channels // lanes)
    for tile in tiling.regions:
        rows = slice(tile.row, tile.row + tile.rows)
        columns = slice(tile.column, tile.column + tile.columns)
        part = covered[rows, columns, tile.channel : tile.channel + tile.channels]
        assert part.shape == (tile.rows, tile.columns, tile.channels)
        assert part.size
        part += 1

        assert tile.channel % whole == 0  # the first channel is the first lane's
        assert tile.channels == min(whole, shape.out_channels - tile.channel)
        assert not shape.channelwise or tile.channel % 4 == 0  # and the first of a word
        for first, count, marks in (
            (tile.row, tile.rows, cuts[0]),
            (tile.column, tile.columns, cuts[1]),
        ):
            assert not any(first < mark < first + count for mark in marks)
    assert (covered == 1).all()
    assert not (tiling.shared and (shape.channelwise or config.groups == 1))


@pytest.mark.parametrize("with_cuts", [False, True])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_every_output_is_in_one_tile_that_fits(seed, channelwise, with_cuts):
    random = np.random.default_rng(seed)
    config, shape = engine(random), random_geometry(random, channelwise)
    sizes = (shape.out_height, shape.out_width)
    cuts = [cuts_of(random, size) if with_cuts else [] for size in sizes]
    weights = shape.kernel[0] * shape.kernel[1] * (1 if channelwise else shape.in_channels)
    work = random.integers(0, weights + 1, shape.out_channels) if random.integers(2) else None
    prefers = bool(random.integers(2))
    tiling = tile_layer(shape, config, *cuts, work=work, saving=Saving(weights=prefers))
    check_tiles(tiling, shape, config, cuts)
    assert tiling.shared or not prefers or channelwise or config.groups == 1


def test_an_output_of_one_pixel_is_one_tile():
    shape = geometry((3, 3), (5, 40), (3, 3), (1, 1), Padding())
    tiling = tile_layer(shape, EngineConfig(lanes=64))
    assert tiling == Tiling([Region(0, 1, 0, 1, 0, 40)], shared=False, slots=1)


def test_one_pixel_is_shared_and_a_field_of_them_is_not():
    """Each word of the input is read once for all groups; alone, each reads an eighth of the time.

    With many pixels, each word serves many products, and groups better not wait for each other.
    """
    pixel = geometry((1, 1), (256, 32), (1, 1), (1, 1), Padding())
    field = geometry((34, 34), (8, 8), (3, 3), (1, 1), Padding())
    for sparsity in KINDS:
        config = EngineConfig(lanes=32, groups=8, sparsity=sparsity)
        tiling = tile_layer(pixel, config)
        assert tiling == Tiling([Region(0, 1, 0, 1, 0, 32)], shared=True, slots=1)
        tiling = tile_layer(field, config)
        assert not tiling.shared
        shared = tile_layer(field, config, saving=Saving(weights=True))
        assert (shared.shared, shared.slots) == (True, 1)
        check_tiles(shared, field, config)


def test_who_prefers_to_share_does_so_wherever_channels_are_summed_together():
    config = EngineConfig(lanes=16, groups=4)
    for size in (1, 20):
        for channelwise in (False, True):
            shape = geometry((size, size), (24, 24), (1, 1), (1, 1), Padding(), channelwise)
            assert tile_layer(shape, config, saving=Saving(weights=True)).shared != channelwise
    one = EngineConfig(lanes=16)
    assert tile_layer(shape, one, saving=Saving(weights=True)) == tile_layer(shape, one)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_small_last_tiles_are_one_for_each_group(groups):
    """A layer of few channels and much to compute: what is drained last should be little."""
    shape = geometry((64, 16), (32, 4), (3, 3), (1, 1), Padding(1, 1, 1, 1))
    config = EngineConfig(lanes=4 * groups, groups=groups, partial_sums=256)
    tiling = tile_layer(shape, config)
    assert not tiling.shared
    rows = [tile.rows for tile in tiling.regions]
    [*_, (last, tail)] = [(rows, len([*same])) for rows, same in groupby(rows)]
    assert tail == groups
    assert 4 * last < min(rows[:-groups])
    check_tiles(tiling, shape, config)


def test_tiles_get_smaller_until_little_is_left_to_drain():
    """Of 3x3x16 weights, 70 % zero, a pixel takes a lane 2.7 times as long as its drain.

    So the drain of tiles that are more than 3 times as large as the next ones would be waited for.
    """
    shape = geometry((32, 32), (16, 16), (3, 3), (1, 1), Padding(1, 1, 1, 1))
    config = EngineConfig(lanes=32, groups=4, sparsity="both", queue_depth=16)
    tiling = tile_layer(shape, config, work=np.full(16, 43))
    check_tiles(tiling, shape, config)
    assert not tiling.shared
    last = tiling.regions[-1].channel
    pixels = [tile.rows * tile.columns for tile in tiling.regions if tile.channel == last]
    sizes = [max(pixels[at : at + 4]) for at in range(0, len(pixels), 4)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 64 < sizes[0]
    assert all(size <= 3 * after for size, after in pairwise(sizes))


def test_only_the_last_set_of_channels_ends_with_smaller_tiles():
    shape = geometry((32, 32), (32, 40), (3, 3), (1, 1), Padding(1, 1, 1, 1))
    config = EngineConfig(lanes=8, partial_sums=512)
    tiles = tile_layer(shape, config).regions
    first, last = ([tile for tile in tiles if tile.channel == at] for at in (0, 32))
    assert len({tile.rows for tile in first}) == 1
    assert last[-1].rows < first[-1].rows


@pytest.mark.parametrize("sparsity", KINDS)
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize(
    ("lanes", "groups"), [(1, 1), (3, 1), (8, 1), (8, 2), (24, 2), (32, 4), (32, 8)]
)
def test_sets_of_channels_are_whole_but_for_the_last(lanes, groups, channelwise, sparsity):
    """As many channels as do not come out even; sums for few of them."""
    for channels in (19, 21, 40, 129):
        shape = geometry((3, 3), (channels, channels), (2, 2), (1, 1), Padding(), channelwise)
        config = EngineConfig(lanes=lanes, groups=groups, sparsity=sparsity, partial_sums=4)
        tiling = tile_layer(shape, config)
        whole = tiling.slots * tile_lanes(config, tiling)
        sets = sorted({(tile.channel, tile.channels) for tile in tiling.regions})
        expected = [(low, min(whole, channels - low)) for low in range(0, channels, whole)]
        assert sets == expected
        assert not channelwise or len(sets) == 1 or whole % 4 == 0


@pytest.mark.parametrize("most", [0, 1, 36, 72])
@pytest.mark.parametrize("groups", [1, 2])
def test_any_weights_have_tiles(groups, most):
    """From none to all of 72 a channel."""
    shape = geometry((9, 9), (8, 40), (3, 3), (1, 1), Padding(1, 1, 1, 1))
    config = EngineConfig(groups=groups, sparsity="both")
    work = np.random.default_rng(3).integers(0, most + 1, 40)
    check_tiles(tile_layer(shape, config, work=work), shape, config)


def test_all_pixels_of_a_set_of_channels_come_before_the_next_set():
    """Tiles of a set of channels come one after the other, row by row."""
    shape = geometry((8, 8), (4, 40), (1, 1), (1, 1), Padding())
    for lanes, groups in ((2, 1), (8, 2)):
        config = EngineConfig(lanes=lanes, groups=groups, partial_sums=6)
        tiles = tile_layer(shape, config).regions
        places = [(tile.channel, tile.row, tile.column) for tile in tiles]
        assert places == sorted(places)
        assert len({channel for channel, _, _ in places}) > 1
