"""Order, and the cycles in which a relay takes and gives."""

import random

import pytest
from amaranth import unsigned
from hardware import SEEDS, simulate

from zeroleap.hw.relay import Relay


@pytest.mark.parametrize("seed", SEEDS)
def test_is_a_list_of_two(seed):
    """At every cycle; half of the time filled more, or emptied more."""
    choose = random.Random(seed)
    dut = Relay(unsigned(16))
    seen = set()

    async def testbench(ctx):
        held, count = [], 0
        for cycle in range(600):
            give = choose.random() < (0.8 if cycle // 50 % 2 else 0.3)
            take = choose.random() < (0.3 if cycle // 50 % 2 else 0.8)
            ctx.set(dut.i.valid, give)
            ctx.set(dut.i.payload, count if give else 0xFFFF)
            ctx.set(dut.o.ready, take)
            assert ctx.get(dut.i.ready) == (len(held) < 2)
            assert ctx.get(dut.o.valid) == (len(held) > 0)
            seen.add(len(held))
            takes_in = give and len(held) < 2
            if held:
                assert ctx.get(dut.o.payload) == held[0]
                if take:
                    held.pop(0)
            if takes_in:
                held.append(count)
                count += 1
            await ctx.tick()

    simulate(dut, testbench)
    assert seen == {0, 1, 2}
