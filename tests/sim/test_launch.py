"""What Verilator is told besides the Verilog."""

from zeroleap.sim.launch import control_file, unwatched

VERILOG = """\
module \\engine.lanes (clk);
  wire \\$1 ;
  wire [8:0] \\$2 ;
  wire signed [8:0] product;
  reg [8:0] \\$3 ;
endmodule
module \\engine.group_0.lanes.lane_0 (clk);
  wire \\sum$4 ;
endmodule
module \\engine.group_0.lanes.lane_1 (clk);
  wire sum;
endmodule
module \\engine.group_0.lanes.lane_12 (clk);
  wire sum;
endmodule
module \\engine.lanes.queue (clk);
  reg signed [8:0] \\$5 ;"""


def test_waveforms_leave_out_other_lanes_and_unnamed_steps():
    assert list(unwatched(VERILOG)) == [(2, 3), (5, 5), (10, 11), (13, 14), (17, 17)]


def test_nothing_is_left_out_of_a_build_without_waveform():
    assert "tracing_off" not in control_file(["finished"], [])
    assert 'public_flat_rw -module "harness" -var "finished"' in control_file(["finished"], [])


def test_control_file_names_lines_of_each_source(tmp_path):
    source = tmp_path / "engine.v"
    source.write_text(VERILOG)
    lines = control_file([], [str(source)]).splitlines()
    assert lines[0] == "`verilator_config"
    assert lines[-1] == f'tracing_off -file "{source}" -lines 17-17'
