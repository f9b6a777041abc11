"""Channels are dealt to groups, in whole words, and to lanes, with the same work."""

import numpy as np
import pytest

from zeroleap.gen.dealing import deal, deal_evenly, deal_in_turn, group_channels
from zeroleap.hw.config import EngineConfig

SEED = 3


def loads(dealing, work, lanes):
    return np.bincount(dealing[:, 0], weights=work, minlength=lanes)


def test_in_turn_by_hand():
    assert deal_in_turn(5, 2).tolist() == [[0, 0], [1, 0], [0, 1], [1, 1], [0, 2]]
    assert deal_in_turn(2, 8).tolist() == [[0, 0], [1, 0]]
    assert deal_in_turn(3, 1).tolist() == [[0, 0], [0, 1], [0, 2]]


def test_evenly_by_hand():
    """9 to lane 0, 7 to 1, 4 to 1 (11), 3 to 0 (12), and the last one to 1."""
    assert deal_evenly(np.array([3, 9, 1, 7, 4]), 2).tolist() == [
        *([0, 1], [0, 0], [1, 2], [1, 0], [1, 1]),
    ]


def test_a_lane_that_is_full_gets_no_more():
    """The 100 has lane 0; the three 1s have all room of lane 1, so that the 0s go to lane 0."""
    dealing = deal_evenly(np.array([100, 1, 1, 1, 0, 0]), 2)
    assert dealing[:, 0].tolist() == [0, 1, 1, 1, 0, 0]


def test_equal_work_is_dealt_in_turn():
    for channels, lanes in ((1, 4), (7, 3), (16, 8)):
        assert np.array_equal(
            deal_evenly(np.full(channels, 5), lanes), deal_in_turn(channels, lanes)
        )


@pytest.mark.parametrize("lanes", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("channels", [1, 2, 7, 8, 9, 63, 200])
def test_every_place_is_taken_once_and_none_is_beyond_the_last(channels, lanes):
    random = np.random.default_rng(SEED)
    slots = -(-channels // lanes)
    for work in (random.integers(0, 1000, channels), np.zeros(channels, int)):
        for dealing in (deal_evenly(work, lanes), deal_in_turn(channels, lanes)):
            assert dealing.shape == (channels, 2)
            assert len({tuple(place) for place in dealing.tolist()}) == channels
            assert dealing.min() == 0
            assert dealing[:, 0].max() < lanes
            assert dealing[:, 1].max() < slots
            for lane in range(lanes):  # the slots of a lane have no hole
                own = np.sort(dealing[dealing[:, 0] == lane, 1])
                assert np.array_equal(own, np.arange(len(own)))


@pytest.mark.parametrize("lanes", [2, 3, 8])
def test_no_lane_has_much_more_than_another(lanes):
    """A greedy deal of whole slots differs by no more than the work of one channel."""
    random = np.random.default_rng(SEED)
    for channels in (lanes, 4 * lanes, 20 * lanes):
        work = random.integers(1, 500, channels)
        load = loads(deal_evenly(work, lanes), work, lanes)
        assert np.ptp(load) <= work.max()
        in_turn = loads(deal_in_turn(channels, lanes), work, lanes)
        assert load.max() <= in_turn.max()


def test_channels_sorted_by_their_work_are_spread():
    """In turn, these would give the first of 4 lanes 10 % more than the last."""
    work = np.arange(64, 0, -1)
    load = loads(deal_evenly(work, 4), work, 4)
    assert load.sum() == 64 * 65 // 2
    assert np.ptp(load) <= 2


def test_every_group_has_all_channels_of_tiles_that_are_its_own():
    config = EngineConfig(lanes=16, groups=2)
    work = np.random.default_rng(SEED).integers(0, 500, 21)
    for in_turn, expected in ((True, deal_in_turn(21, 8)), (False, deal_evenly(work, 8))):
        first, second = deal(work, config, shared=False, in_turn=in_turn)
        assert np.array_equal(first, expected)
        assert np.array_equal(second - first, np.full((21, 2), (8, 0)))


def test_groups_that_share_have_some_channels_each():
    """Of 21 channels, the first 12 have the lanes 0 to 7, the others the lanes 8 to 15."""
    config = EngineConfig(lanes=16, groups=2)
    work = np.random.default_rng(SEED).integers(0, 500, 21)
    [dealing] = deal(work, config, shared=True, in_turn=False)
    assert np.array_equal(dealing[:12], deal_evenly(work[:12], 8))
    assert np.array_equal(dealing[12:] - (8, 0), deal_evenly(work[12:], 8))


def test_channels_of_a_group_by_hand():
    """10 channels are 3 words: 2 for the first group, 1 for the second; of 4 groups, 1 has none."""
    assert group_channels(10, 1) == 12
    assert group_channels(10, 2) == 8
    assert group_channels(10, 4) == 4
    assert group_channels(33, 2) == 20


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
def test_groups_have_whole_words_as_few_as_cover_all_channels(groups):
    for channels in range(1, 131):
        own = group_channels(channels, groups)
        assert own % 4 == 0
        assert (own - 4) * groups < channels <= own * groups


def test_channels_of_a_group_fit_its_lanes():
    """As groups have multiples of 4 lanes, as many slots are enough as without groups."""
    for lanes, groups in ((8, 2), (24, 2), (16, 4), (32, 8), (64, 8)):
        for channels in range(1, 300):
            own = group_channels(channels, groups)
            assert -(-own // (lanes // groups)) == -(-channels // lanes)
