"""Synthesis, placement and routing: `flow` does it, and each of its concerns has its own file."""

from zeroleap.gen.synth.devices import FAMILIES, Device, find_device
from zeroleap.gen.synth.flow import Synthesis, read_reports, refusal, synthesise
from zeroleap.gen.synth.naming import HIDE_ELEMENTS
from zeroleap.gen.synth.reports import excess
from zeroleap.gen.synth.tools import Program, ToolError, find_program

__all__ = [
    "FAMILIES",
    "HIDE_ELEMENTS",
    "Device",
    "Program",
    "Synthesis",
    "ToolError",
    "excess",
    "find_device",
    "find_program",
    "read_reports",
    "refusal",
    "synthesise",
]
