"""Runs the requests of a file through the engine, in ``harness.v``."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer, with_timeout

CLOCK_NS = 10


@cocotb.test()
async def plays_requests(dut):
    """Reset, then wait until every request is answered; Python sleeps meanwhile.

    The reset ends between two edges of the clock: the cells of a netlist race at an edge.
    """
    cycles = int(cocotb.plusargs["deadline"])
    dut.rst.value = 1
    Clock(dut.clk, CLOCK_NS, unit="ns").start()
    await Timer(5 * CLOCK_NS + CLOCK_NS // 2, unit="ns")
    dut.rst.value = 0
    await with_timeout(RisingEdge(dut.finished), cycles * CLOCK_NS, "ns")
