"""The exact number of cycles of every layer, from image and values, without RTL."""

from zeroleap.sim.cycles.layer import most_cycles, predict

__all__ = ["most_cycles", "predict"]
