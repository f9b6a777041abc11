"""A few times a step."""

import pytest
from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hardware import simulate

from zeroleap.hw.multiple import multiple


class Multiple(wiring.Component):
    """The function, behind registers; the result has room for more than any product."""

    step: In(20)
    count: In(3)
    is_none: In(1)
    product: Out(30)
    product_or_none: Out(30)

    def elaborate(self, platform):
        m = Module()
        count = Signal(range(5))
        m.d.comb += count.eq(self.count)
        m.d.sync += self.product.eq(multiple(self.step, count))
        m.d.sync += self.product_or_none.eq(multiple(self.step, Mux(self.is_none, 0, self.count)))
        return m


@pytest.mark.parametrize("step", [0, 1, 2, 3, 0x5_5555, 0xA_AAAA, 0xF_0F0F, 0xF_FFFF])
def test_is_the_product_in_full(step):
    dut = Multiple()

    async def testbench(ctx):
        ctx.set(dut.step, step)
        for count in range(5):
            ctx.set(dut.count, count)
            for is_none in (0, 1):
                ctx.set(dut.is_none, is_none)
                await ctx.tick()
                assert ctx.get(dut.product) == step * count
                assert ctx.get(dut.product_or_none) == (0 if is_none else step * count)

    simulate(dut, testbench)
