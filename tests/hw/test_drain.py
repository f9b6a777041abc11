"""The order in which sums leave the lanes, and what is cleared behind them."""

import pytest
from hardware import simulate

from zeroleap.hw.drain import Drain
from zeroleap.hw.lane import Lane

PARAMETER = 40


def drain(lanes, rows, columns, channels, uniform=False, tiles=1):
    """Drain tiles one after the other; return sums, their cycles, clears and parameters.

    The sums are ``(address, lane)``; the clears and parameters come with the cycle.
    """
    dut = Drain(lanes)
    sums, clears, parameters = [], [], []

    async def testbench(ctx):
        ctx.set(dut.layer.uniform_parameters, uniform)
        ctx.set(
            dut.tile,
            {
                "y": {"last": rows - 1},
                "x": {"last": columns - 1},
                "channels": channels - 1,
                "parameters": PARAMETER,
            },
        )
        cycle, read = 0, [0, 0]  # addresses of this cycle's sums and of the next one's
        for _ in range(tiles):
            assert ctx.get(dut.idle)
            ctx.set(dut.start, 1)
            for _ in range(5000):
                address = ctx.get(dut.read)
                if ctx.get(dut.valid):
                    sums.append((*divmod(ctx.get(dut.sum), 100), cycle))
                if ctx.get(dut.clear_enable):
                    clears.append((ctx.get(dut.clear), cycle))
                parameters.append(ctx.get(dut.parameter))
                await ctx.tick()
                cycle += 1
                ctx.set(dut.start, 0)
                read = [read[-1], address]
                ctx.set(dut.sums, [100 * read[0] + lane for lane in range(lanes)])
                if ctx.get(dut.idle):
                    break
        for _ in range(3):
            assert not ctx.get(dut.valid)
            assert not ctx.get(dut.clear_enable)
            await ctx.tick()

    simulate(dut, testbench)
    return sums, clears, parameters


def expected_order(lanes, pixels, channels):
    slots = -(-channels // lanes)
    return [
        (pixel * slots + channel // lanes, channel % lanes)
        for pixel in range(pixels)
        for channel in range(channels)
    ]


@pytest.mark.parametrize("uniform", [False, True])
@pytest.mark.parametrize(
    ("lanes", "rows", "columns", "channels"),
    [(1, 1, 1, 1), (1, 2, 3, 4), (3, 3, 2, 7), (8, 2, 2, 8), (8, 1, 3, 17), (4, 3, 1, 3)],
)
def test_gives_every_sum_once_one_a_cycle(lanes, rows, columns, channels, uniform):
    sums, clears, parameters = drain(lanes, rows, columns, channels, uniform)
    order = expected_order(lanes, rows * columns, channels)
    assert [(address, lane) for address, lane, _ in sums] == order

    first = 1 + Drain.LATENCY
    assert [cycle for *_, cycle in sums] == list(range(first, first + len(order)))

    # The parameter's address goes out a cycle before its sum.
    numbers = [0 if uniform else index % channels for index in range(len(order))]
    assert parameters[first - 1 :][: len(order)] == [PARAMETER + number for number in numbers]

    # Every address is cleared once, no sooner than its last sum has been read.
    read = {address: cycle - Lane.DRAIN_LATENCY for address, _, cycle in sums}
    assert [address for address, _ in clears] == sorted(read)
    assert all(read[address] <= cycle <= read[address] + 1 for address, cycle in clears)


def test_starts_again_after_the_last():
    sums, clears, _ = drain(3, 2, 1, 4, tiles=2)
    order = expected_order(3, 2, 4)
    assert [(address, lane) for address, lane, _ in sums] == order * 2
    assert [address for address, _ in clears] == [0, 1, 2, 3] * 2


def test_scrubs_one_sum_after_the_other():
    dut = Drain(2)
    cleared = []

    async def testbench(ctx):
        ctx.set(dut.scrub, 1)
        for _ in range(20):
            await ctx.tick()
            assert ctx.get(dut.clear_enable)
            assert not ctx.get(dut.valid)
            cleared.append(ctx.get(dut.clear))

    simulate(dut, testbench)
    assert cleared == list(range(1, 21))
