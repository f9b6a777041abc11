"""Words of a relay whose data come later, against a list."""

import random

import pytest
from hardware import SEEDS, simulate

from zeroleap.hw.word_relay import WordRelay


@pytest.mark.parametrize("seed", SEEDS)
def test_is_a_list_of_two_words_that_can_leave_as_their_data_come(seed):
    """A word's data are there in the cycle after it was taken, and something else before and after.

    Each word has its number in two fields; half of the time more come, or leave.
    """
    dut, choose, seen = WordRelay(), random.Random(seed), set()

    async def testbench(ctx):
        held, count, data = [], 0, 0xDEAD
        for cycle in range(600):
            give = choose.random() < (0.8 if cycle // 50 % 2 else 0.3)
            take = choose.random() < (0.3 if cycle // 50 % 2 else 0.8)
            ctx.set(dut.i.valid, give)
            ctx.set(dut.i.payload, {"weights": count, "data": [0x55] * 4})
            ctx.set(dut.data, data)
            ctx.set(dut.o.ready, take)
            assert ctx.get(dut.i.ready) == (len(held) < 2)
            assert ctx.get(dut.o.valid) == (len(held) > 0)
            seen.add(len(held))
            takes_in = give and len(held) < 2
            if held:
                assert ctx.get(dut.o.p.weights) == held[0]
                assert ctx.get(dut.o.p.data.as_value()) == word_of(held[0])
                if take:
                    held.pop(0)
            data = choose.randrange(2**32)
            if takes_in:
                held.append(count)
                data = word_of(count)
                count += 1
            await ctx.tick()

    simulate(dut, testbench)
    assert seen == {0, 1, 2}


def word_of(number):
    """Each number's own 32 bits, all of which change."""
    return 0x9E37_79B1 * (number + 1) % 2**32
