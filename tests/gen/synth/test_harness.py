"""The harness has few pins, and every port of the engine between registers."""

import numpy as np
import pytest
from amaranth import Cat, Module, Signal
from amaranth.sim import Simulator

from zeroleap.gen import configs
from zeroleap.gen.build import write_verilog
from zeroleap.gen.synth import harness

VERILOG = """\
module other(clk, x);
  input clk;
  input x;
endmodule
module engine(clk, rst, a, b, y, z);
  input clk;
  wire clk;
  input rst;
  input [2:0] a;
  wire [2:0] a;
  input b;
  output [5:0] y;
  reg [5:0] y = 6'h00;
  output z;
endmodule
"""
PORTS = {
    "clk": ("input", 1),
    "rst": ("input", 1),
    "a": ("input", 3),
    "b": ("input", 1),
    "y": ("output", 6),
    "z": ("output", 1),
}


def test_ports_are_those_of_the_engine():
    assert harness.ports_of(VERILOG) == PORTS


@pytest.mark.parametrize("verilog", ["", "module engine(a);\n  input a;\nendmodule\n"])
def test_other_verilog_is_refused(verilog):
    with pytest.raises(ValueError, match="a module 'engine' with 'clk' and 'rst'"):
        harness.ports_of(verilog)


def test_the_ports_of_a_written_engine_are_found(tmp_path):
    write_verilog(configs.load("small", lanes=2), tmp_path / "engine.v")
    ports = harness.ports_of((tmp_path / "engine.v").read_text())
    assert ports["responses__payload"] == ("output", 32)
    assert ports["requests__valid"] == ("input", 1)
    assert ports["busy"] == ("output", 1)


def test_every_input_and_every_output_has_its_bit(monkeypatch):
    """The engine is replaced by wires: outputs are the inputs, four of them twice."""
    shown = {}

    def wires(_name, **ports):
        m = Module()
        shown.update(ports)
        taken = Cat(ports["i_a"], ports["i_b"])
        m.d.comb += [ports["o_y"].eq(taken), ports["o_z"].eq(ports["i_rst"])]
        return m

    monkeypatch.setattr(harness, "Instance", wires)
    top = harness.Harness(PORTS)
    bits = np.random.default_rng(1).integers(0, 2, 40).tolist()
    clock = Signal()
    m = Module()
    m.submodules.top = top
    m.d.comb += top.clk.eq(clock)
    seen = []

    async def drive(ctx):
        ctx.set(top.reset, 1)
        for bit in bits:
            ctx.set(top.i, bit)
            await ctx.delay(1e-6)
            ctx.set(clock, 1)
            await ctx.delay(1e-6)
            ctx.set(clock, 0)
            seen.append((ctx.get(shown["i_a"]), ctx.get(shown["i_b"]), ctx.get(top.o)))

    simulator = Simulator(m)
    simulator.add_testbench(drive)
    simulator.run()
    latency = 3  # registered outputs, then seven of them in two levels
    for at in range(8, len(bits)):
        last = bits[at - 3 : at + 1][::-1]
        assert seen[at][:2] == (last[0] + 2 * last[1] + 4 * last[2], last[3])
        before = bits[at - latency - 3 : at - latency + 1]
        assert seen[at][2] == (sum(before) + 1) % 2
