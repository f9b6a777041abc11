"""The products of each activation, one a cycle, against three nested loops."""

import random

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.walker import Walker

LANES = 5


def activation(choose):
    return {
        "value": choose.randrange(-255, 256),
        "weight": choose.randrange(2**20),
        "psum": choose.randrange(2**12),
        "taps_y": choose.choice([1, 1, 2, 3]),
        "taps_x": choose.choice([1, 1, 2, 4]),
        "lane": choose.randrange(LANES),
    }


def layer_and_tile(choose, channelwise):
    steps = {"tap_step": choose.randrange(2**20)}, {"tap_step": choose.randrange(2**20)}
    layer = {
        "channelwise": channelwise,
        "slot_step": choose.randrange(2**20),
        "y": steps[0],
        "x": steps[1],
    }
    tile = {
        "slots": choose.choice([1, 2, 5]),
        "last_lanes": choose.randrange(1, LANES + 1),
        "y": {"psum_step": choose.randrange(2**12)},
        "x": {"psum_step": choose.randrange(2**12)},
    }
    return layer, tile


def products(item, layer, tile):
    slots = 1 if layer["channelwise"] else tile["slots"]
    found = []
    for y in range(item["taps_y"]):
        for x in range(item["taps_x"]):
            for slot in range(slots):
                weight = y * layer["y"]["tap_step"] + x * layer["x"]["tap_step"]
                psum = y * tile["y"]["psum_step"] + x * tile["x"]["psum_step"]
                enables = 2**LANES - 1
                if layer["channelwise"]:
                    enables = 1 << item["lane"]
                elif slot == slots - 1:
                    enables = (1 << tile["last_lanes"]) - 1
                found.append(
                    (
                        item["value"],
                        (item["weight"] + weight + slot * layer["slot_step"]) % 2**20,
                        (item["psum"] - psum + slot) % 2**12,
                        enables,
                        enables.bit_count(),
                    )
                )
    return found


def walk(items, layer, tile, idle=0.0, seed=0):
    """Return the products and the cycle of each."""
    dut = Walker(LANES)
    pause = random.Random(seed)
    found = []

    async def testbench(ctx):
        ctx.set(dut.layer, layer)
        ctx.set(dut.tile, tile)
        waiting = list(items)
        offered = False
        for cycle in range(5000):
            offered = bool(waiting) and (offered or pause.random() >= idle)
            ctx.set(dut.i.valid, offered)
            ctx.set(dut.i.payload, waiting[0] if offered else activation(pause))
            valid = ctx.get(dut.valid)
            assert ctx.get(dut.idle) == (not valid)
            if valid:
                product = ctx.get(dut.product)
                about = (product.value, product.weight, product.psum)
                found.append(((*about, ctx.get(dut.enables), ctx.get(dut.active)), cycle))
            elif not waiting:
                return
            taken = offered and ctx.get(dut.i.ready)
            await ctx.tick()
            if taken:
                waiting.pop(0)
                offered = False
        raise AssertionError("never idle")

    simulate(dut, testbench)
    walked, cycles = zip(*found, strict=True)
    return list(walked), list(cycles)


@pytest.mark.parametrize("idle", [0.0, 0.6])
@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_walks_taps_and_slots_without_losing_a_cycle(seed, channelwise, idle):
    choose = random.Random(seed)
    items = [activation(choose) for _ in range(30)]
    layer, tile = layer_and_tile(choose, channelwise)
    expected = [product for item in items for product in products(item, layer, tile)]
    walked, cycles = walk(items, layer, tile, idle, seed)
    assert walked == expected
    if not idle:
        assert cycles == [Walker.LATENCY + index for index in range(len(expected))]


def test_by_hand():
    """2 by 2 taps and 2 slots, the second of which has 3 lanes."""
    item = {"value": -7, "weight": 100, "psum": 50, "taps_y": 2, "taps_x": 2, "lane": 0}
    layer = {"channelwise": 0, "slot_step": 1000, "y": {"tap_step": 30}, "x": {"tap_step": 4}}
    tile = {"slots": 2, "last_lanes": 3, "y": {"psum_step": 20}, "x": {"psum_step": 2}}
    walked, cycles = walk([item], layer, tile)
    assert [(weight, psum, active) for _, weight, psum, _, active in walked] == [
        (100, 50, 5),
        (1100, 51, 3),
        (104, 48, 5),
        (1104, 49, 3),
        (130, 30, 5),
        (1130, 31, 3),
        (134, 28, 5),
        (1134, 29, 3),
    ]
    assert cycles == list(range(1, 9))
