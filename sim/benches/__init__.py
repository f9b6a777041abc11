"""cocotb benches, run inside the Verilog simulator."""
