"""The engine on an AXI bus: registers by AXI4-Lite, data by AXI4-Stream."""
