"""What holds items in their order, against a list."""

import random

from hardware import simulate


def is_a_list(dut, depth, seed, check=lambda _ctx, _held, _give: None):
    """Assert it at every cycle; half of the time it is filled more, or emptied more.

    Parameters
    ----------
    dut : component with streams ``i`` and ``o`` of 16 bits
    depth : int
        Items that it holds.
    check : callable
        Told the context, the number of items held and whether one is offered, in each cycle.
    """
    choose, seen = random.Random(seed), set()

    async def testbench(ctx):
        held, count = [], 0
        for cycle in range(600):
            give = choose.random() < (0.8 if cycle // 50 % 2 else 0.3)
            take = choose.random() < (0.3 if cycle // 50 % 2 else 0.8)
            ctx.set(dut.i.valid, give)
            ctx.set(dut.i.payload, count if give else 0xFFFF)
            ctx.set(dut.o.ready, take)
            assert ctx.get(dut.i.ready) == (len(held) < depth)
            check(ctx, len(held), give)
            assert ctx.get(dut.o.valid) == (len(held) > 0)
            seen.add(len(held))
            takes_in = give and len(held) < depth
            if held:
                assert ctx.get(dut.o.payload) == held[0]
                if take:
                    held.pop(0)
            if takes_in:
                held.append(count)
                count += 1
            await ctx.tick()

    simulate(dut, testbench)
    assert seen == set(range(depth + 1))
