"""Synthesis, placement and routing: `flow` does it, and each of its concerns has its own file."""

from zeroleap.gen.synth.devices import FAMILIES, Device, find_device
from zeroleap.gen.synth.flow import Synthesis, synthesise

__all__ = ["FAMILIES", "Device", "Synthesis", "find_device", "synthesise"]
