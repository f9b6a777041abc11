"""The exact number of cycles of every layer, from image and values, without RTL."""

from zeroleap.sim.cycles.layer import predict

__all__ = ["predict"]
