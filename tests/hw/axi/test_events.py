"""Events are kept until they are cleared, and raise the interrupt if they may."""

from hardware import simulate

from zeroleap.hw.axi.events import EventKeeper

STOPPED, MOVED = 1, 2


def test_events_are_kept_and_the_reset_is_none():
    dut = EventKeeper()

    async def testbench(ctx):
        async def pulse(port):
            ctx.set(port, 1)
            await ctx.tick().repeat(3)
            ctx.set(port, 0)
            await ctx.tick()

        def events():
            return ctx.get(dut.events.as_value())

        await pulse(dut.busy)  # after the reset
        assert events() == 0
        await pulse(dut.busy)
        assert events() == STOPPED
        await pulse(dut.moving)
        assert events() == STOPPED | MOVED
        assert not ctx.get(dut.interrupt)
        ctx.set(dut.enable.as_value(), MOVED)
        await pulse(dut.do_enable)
        assert ctx.get(dut.enables.as_value()) == MOVED
        assert ctx.get(dut.interrupt)
        ctx.set(dut.clear.as_value(), MOVED)
        await ctx.tick()
        assert events() == STOPPED
        assert not ctx.get(dut.interrupt)

    simulate(dut, testbench)


def test_what_happens_while_it_is_cleared_is_kept():
    dut = EventKeeper()

    async def testbench(ctx):
        ctx.set(dut.moving, 1)
        await ctx.tick()
        ctx.set(dut.moving, 0)
        ctx.set(dut.clear.as_value(), MOVED)
        await ctx.tick()
        assert ctx.get(dut.events.as_value()) == MOVED

    simulate(dut, testbench)
