"""What Yosys makes of names does not change what an engine computes."""

import subprocess

import pytest

from zeroleap.boards import plan
from zeroleap.gen.build import TOP
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import find_device, find_program, flow, netlist
from zeroleap.gen.synth.models import with_models
from zeroleap.gen.synth.naming import HIDE_ELEMENTS
from zeroleap.gen.synth.netlist import Netlist

DESIGN = """
module {top}(input clk, input rst, input [7:0] x, output reg [7:0] y);
  reg [7:0] a;
  reg {element};
  always @(posedge clk)
    if (rst) begin a <= 0; {element} <= 0; y <= 0; end
    else begin a <= x ^ y; {element} <= ^x; y <= (a & {{8{{{element}}}}}) ^ x; end
endmodule
"""
BENCH = f"""
module bench;
  reg clk = 0, rst = 1;
  reg [7:0] x = 0;
  wire [7:0] wanted, received;
  integer cycle, different = 0;
  specified s(clk, rst, x, wanted);
  {TOP} n(clk, rst, x, received);
  initial begin
    for (cycle = 0; cycle < 500; cycle = cycle + 1) begin
      rst = cycle < 4; x = $random;
      #1 clk = 1; #1 clk = 0;
      #1 if (cycle >= 4 && wanted !== received) different = different + 1;
    end
    $display("%0d", different);
  end
endmodule
"""


def different(folder, device):
    """Count the cycles in which the cells of a design with an element's name give other values."""
    made = Netlist(find_device(*device))
    text = DESIGN.format(top=TOP, element="\\a[1] ")
    (folder / "engine.v").write_text(text)
    cells = made.make(folder, {name: find_program(name) for name in made.tools})
    (folder / "cells.v").write_text(with_models(cells, made.device.family))
    (folder / "bench.v").write_text(BENCH + DESIGN.format(top="specified", element="b"))
    command = ["iverilog", "-g2012", "-o", "bench", "bench.v", "cells.v"]
    subprocess.run(command, cwd=folder, check=True)
    done = subprocess.run(["vvp", "bench"], cwd=folder, check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.icarus
@pytest.mark.parametrize("device", [("ecp5", None), ("ice40", "iCE40HX8K")])
def test_an_element_of_an_array_is_not_taken_for_a_bit_of_another_signal(tmp_path, device):
    try:
        find_program("yosys")
    except InputError as error:
        pytest.skip(str(error))
    assert different(tmp_path, device) == 0


def test_all_that_is_synthesised_hides_such_names():
    for script in (flow._SCRIPT, netlist._SCRIPT, plan.AFTER_READ):
        assert HIDE_ELEMENTS in script
