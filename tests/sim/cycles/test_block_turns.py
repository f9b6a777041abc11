"""When blocks leave the look-up, by hand and one by one."""

import numpy as np
import pytest

from zeroleap.sim.cycles.block_turns import BlockTurns

SEED = 8


def after(left, free, matches):
    turns = BlockTurns(len(left), matches)
    turns.left, turns.free = np.array(left), np.array(free)
    return turns


def test_blocks_by_hand():
    """One lane, free from 20 on; the block before left in 3.

    The first block has nothing to multiply and leaves when it is ready, in 10. The next two have,
    and wait for their turns in 20 and 25. The fourth, empty, leaves in the cycle after the first of
    these turns began, when there is room for two again; the fifth behind it. The last leaves when
    it is ready, and has its turn a cycle later.
    """
    turns = after([3], [20], matches=2)
    work = np.array([[0], [5], [6], [0], [1], [2]])
    assert turns.leave(np.array([10, 11, 12, 13, 14, 40]), work).tolist() == [
        10,
        11,
        12,
        21,
        22,
        40,
    ]
    assert (turns.left.tolist(), turns.free.tolist()) == ([40], [43])


def test_the_last_lane_counts():
    turns = after([0, 0], [0, 9], matches=4)
    assert turns.leave(np.array([5, 6]), np.array([[4, 1], [0, 3]])).tolist() == [5, 6]
    assert (turns.left.tolist(), turns.free.tolist()) == ([6, 6], [10, 13])


def test_a_lane_whose_queue_is_full_is_later():
    turns = after([0, 30], [0, 9], matches=1)
    assert turns.leave(np.array([5, 6]), np.array([[0, 9], [0, 0]])).tolist() == [31, 33]
    assert (turns.left.tolist(), turns.free.tolist()) == ([6, 33], [0, 41])


def one_by_one(work, ready, left, free, matches):
    """Return when blocks leave, all lanes; and when the last left and the lanes are free."""
    left, free, all_left = list(left), list(free), []
    begun = [[] for _ in left]
    for block, is_ready in zip(work.tolist(), ready.tolist(), strict=True):
        for lane, products in enumerate(block):
            left[lane] = max(is_ready, left[lane] + 1)
            if len(begun[lane]) >= matches:
                left[lane] = max(left[lane], begun[lane][-matches] + 1)
            if products:
                begun[lane].append(max(left[lane] + 1, free[lane]))
                free[lane] = begun[lane][-1] + products
        all_left.append(max(left))
    return all_left, left, free


@pytest.mark.parametrize("empty", [0, 0.3, 0.9, 1])
@pytest.mark.parametrize("matches", [1, 2, 5, 16])
@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_chunks_are_as_blocks_one_by_one(chunk, matches, empty):
    random = np.random.default_rng(SEED)
    for _ in range(20):
        lanes, count = int(random.integers(1, 6)), int(random.integers(1, 80))
        work = random.integers(1, random.choice([2, 17]), (count, lanes))
        work = np.where(random.random(work.shape) < empty, 0, work)
        ready = 50 + np.cumsum(random.integers(1, random.choice([2, 9]), count))
        left, free = random.integers(0, 60, (2, lanes))
        turns = after(left, free, matches)
        parts = [slice(at, at + chunk) for at in range(0, count, chunk)]
        chunks = [turns.leave(ready[part], work[part]) for part in parts]
        found = np.concatenate(chunks).tolist(), turns.left.tolist(), turns.free.tolist()
        assert found == one_by_one(work, ready, left, free, matches)
