"""The blocks of each activation, one a cycle, against a plain loop."""

import random

import pytest
from hardware import SEEDS

from zeroleap.hw.block_walker import BlockWalker
from zeroleap.sim.streams import run_stream

END = {"is_end": 1}
ALL = 2**16 - 1


def activation(choose):
    return {
        "value": choose.choice([-255, -1, 1, 255, choose.randrange(-255, 256)]),
        "weights": choose.randrange(2**20),
        "psum": choose.randrange(2**12),
        "positions": choose.randrange(1, 2**16),
        "lane": choose.randrange(64),
    }


def layer(choose, blocks):
    """Return constants of a layer of so many blocks."""
    return {
        "blocks": blocks - 1,
        "block_weights": choose.randrange(1, 32),
        "block_psums": choose.choice([16, choose.randrange(1, 17)]),
        "last_positions": choose.choice([1, ALL, choose.randrange(1, 2**16)]),
    }


def blocks_of(item, layer):
    """Return the blocks of an activation or end, as tuples."""
    if item == END:
        return [END]
    count = layer["blocks"] + 1
    return [
        (
            item["value"],
            (item["weights"] + index * layer["block_weights"]) % 2**20,
            (item["psum"] + index * layer["block_psums"]) % 2**12,
            item["positions"] & (layer["last_positions"] if index == count - 1 else ALL),
            ALL,
            item["lane"],
        )
        for index in range(count)
    ]


def as_tuple(block):
    if block.is_end:
        return END
    about = block.value, block.weights, block.psum, block.positions
    return (*about, block.kernel, block.lane)


def walk(items, layer, count, *, is_dense=True, **pauses):
    received, arrived = run_stream(
        BlockWalker(4096, is_dense=is_dense), items, count=count, hold={"layer": layer}, **pauses
    )
    return [as_tuple(block) for block in received], arrived


def random_items(choose, count):
    return [choose.choice([END, activation(choose), activation(choose)]) for _ in range(count)]


@pytest.mark.parametrize("blocks", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", SEEDS)
def test_gives_every_block_without_losing_a_cycle(seed, blocks):
    choose = random.Random(seed)
    about = layer(choose, blocks)
    items = [activation(choose), activation(choose), END, END, *random_items(choose, 30)]
    expected = [block for item in items for block in blocks_of(item, about)]
    received, arrived = walk(items, about, len(expected))
    assert received == expected
    assert arrived == [BlockWalker.LATENCY + index for index in range(len(expected))]


@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize(("idle", "stall"), [(0.0, 0.6), (0.6, 0.0), (0.4, 0.4)])
@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_keeps_order_under_pauses(seed, blocks, idle, stall, shy):
    choose = random.Random(seed)
    about = layer(choose, blocks)
    items = [*random_items(choose, 25), activation(choose)]
    expected = [block for item in items for block in blocks_of(item, about)]
    pauses = {"idle": idle, "stall": stall, "shy": shy, "seed": seed}
    received, _ = walk(items, about, len(expected), **pauses)
    assert received == expected


def test_all_positions_of_the_last_block_are_left_to_headers():
    choose = random.Random(3)
    about, items = {**layer(choose, 3), "last_positions": 1}, random_items(choose, 5)
    every = {**about, "last_positions": ALL}
    expected = [block for item in items for block in blocks_of(item, every)]
    assert walk(items, about, len(expected), is_dense=False)[0] == expected


def test_walks_as_many_blocks_as_a_layer_can_have():
    choose = random.Random(0)
    about, item = layer(choose, 4096), activation(choose)
    received, _ = walk([item, END], about, 4097)
    assert received == [*blocks_of(item, about), END]


def test_by_hand():
    """3 blocks of 2 slots of a 2 by 2 kernel; 1 slot in the last. Left taps only, then all."""
    about = {"blocks": 2, "block_weights": 8, "block_psums": 2, "last_positions": 0b1111}
    left = {"value": -7, "weights": 100, "psum": 4094, "positions": 0b0101_0101, "lane": 0}
    every = {"value": 9, "weights": 0xFFFFF, "psum": 50, "positions": 0b1111_1111, "lane": 3}
    received, _ = walk([left, END, every], about, 7)
    assert received == [
        (-7, 100, 4094, 0b0101_0101, ALL, 0),
        (-7, 108, 0, 0b0101_0101, ALL, 0),
        (-7, 116, 2, 0b0101, ALL, 0),
        END,
        (9, 0xFFFFF, 50, 0b1111_1111, ALL, 3),
        (9, 7, 52, 0b1111_1111, ALL, 3),
        (9, 15, 54, 0b1111, ALL, 3),
    ]
