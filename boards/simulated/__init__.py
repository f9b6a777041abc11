"""A board without a board: its Verilog in a simulator, behind a pseudo-terminal."""
