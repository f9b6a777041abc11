"""When blocks leave the look-up, by hand and one by one."""

import numpy as np
import pytest

from zeroleap.sim.cycles.block_turns import BlockTurns

SEED = 8


def test_blocks_by_hand():
    """One lane, free from 12 on; the block before left in 3.

    The first block has nothing to multiply and leaves when it is ready, in 10; the second, ready in
    11, when the lane is free; the third leaves behind it, in 13, though not ready later; the fourth
    waits for the end of 5 products; the last leaves when it is ready, after a single product.
    """
    turns = BlockTurns(np.array([[0], [5], [0], [1], [2]]), np.array([3]), np.array([12]))
    assert turns.leave(np.array([10, 11, 12, 13, 40])).tolist() == [10, 12, 13, 17, 40]
    assert (turns.left.tolist(), turns.free.tolist()) == ([40], [42])


def test_the_last_lane_counts():
    turns = BlockTurns(np.array([[4, 1], [0, 3]]), np.array([0, 0]), np.array([0, 9]))
    assert turns.leave(np.array([5, 6])).tolist() == [9, 10]
    assert (turns.left.tolist(), turns.free.tolist()) == ([6, 10], [9, 13])


def test_lanes_without_blocks_stay():
    turns = BlockTurns(np.zeros((0, 2), int), np.array([1, 2]), np.array([7, 1]))
    assert (turns.left.tolist(), turns.free.tolist()) == ([1, 2], [7, 1])


def one_by_one(work, ready, left, free):
    """Return when blocks leave, all lanes; and when the last left and the lanes are free."""
    left, free, all_left = list(left), list(free), []
    for block, is_ready in zip(work.tolist(), ready.tolist(), strict=True):
        for lane, products in enumerate(block):
            left[lane] = max(is_ready, left[lane] + 1)
            if products:
                left[lane] = max(left[lane], free[lane])
                free[lane] = left[lane] + products
        all_left.append(max(left))
    return all_left, left, free


@pytest.mark.parametrize("empty", [0, 0.3, 0.9, 1])
@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_chunks_are_as_blocks_one_by_one(chunk, empty):
    random = np.random.default_rng(SEED)
    for _ in range(20):
        lanes, count = int(random.integers(1, 6)), int(random.integers(1, 80))
        work = random.integers(1, random.choice([2, 17]), (count, lanes))
        work = np.where(random.random(work.shape) < empty, 0, work)
        ready = 50 + np.cumsum(random.integers(1, random.choice([2, 9]), count))
        left, free = random.integers(0, 60, (2, lanes))
        turns = BlockTurns(work, left, free)
        chunks = [turns.leave(ready[at : at + chunk]) for at in range(0, count, chunk)]
        found = np.concatenate(chunks).tolist(), turns.left.tolist(), turns.free.tolist()
        assert found == one_by_one(work, ready, left, free)
