"""An engine as its bitstream has it, for a simulator."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from zeroleap.gen.build import TOP
from zeroleap.gen.synth.netlist import Netlist
from zeroleap.gen.synth.tools import Program, read_result

__all__ = ["Unpacked", "pin_constraints"]

_PAD = re.compile(r"X(\d+)/Y(\d+)/io(\d)")


@dataclass(frozen=True)
class Unpacked(Netlist):
    """The cells that a bitstream for an iCE40 makes of the chip, as icestorm's tools read it.

    All that they know are the bits: tables of LUTs, kinds of flip-flops, switches between wires. So
    placement, routing and packing are in what is simulated. The engine's ports are the chip's pins;
    hard multipliers and large RAMs are left out, as icestorm says nothing of what they do.
    """

    STEPS: ClassVar[int] = 4

    @property
    def title(self) -> str:
        """Name it for people."""
        return f"{self.device.name}'s bitstream"

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the programs that make it."""
        family = self.device.family
        return (*super().tools, family.place, family.pack, "iceunpack", "icebox_vlog")

    def make(self, folder: Path, tools: Mapping[str, Program]) -> str:
        """Make a bitstream of ``engine.v`` in ``folder``, and give as Verilog what it does.

        Raises
        ------
        ToolError
            A tool fails, or the engine does not fit the device.
        """
        super().make(folder, tools)
        device = self.device
        place, pack, unpack, rewrite = (tools[name] for name in self.tools[1:])

        self.step(f"placing and routing with {place.path.name}")
        options = ["--json", "netlist.json", "--asc", "packed.asc", "--write", "placed.json"]
        options += ["--freq", f"{device.frequency_mhz:g}", "--timing-allow-fail"]
        place.run([*options, *device.family.unconstrained, *device.options], folder)
        placed = read_result(folder / "placed.json")
        (folder / "pins.pcf").write_text(pin_constraints(placed))

        self.step(f"packing with {pack.path.name}, unpacking with {unpack.path.name}")
        pack.run(["packed.asc", "engine.bin"], folder)
        unpack.run(["engine.bin", "unpacked.asc"], folder)

        self.step(f"writing Verilog with {rewrite.path.name}")
        options = ["-s", "-c", "-n", TOP, "-p", "pins.pcf", "unpacked.asc"]
        rewrite.run(options, folder, output="unpacked.v")
        return (folder / "unpacked.v").read_text()


def pin_constraints(placed: Mapping[str, Any]) -> str:
    """Say which pad of the chip each bit of the ports has: a bitstream knows no names.

    Parameters
    ----------
    placed : mapping
        What nextpnr-ice40 wrote with ``--write``.

    Returns
    -------
    str
        A line a bit, in the format of pin constraints, with column, row and number of the pad
        where those have a pin.
    """
    [module] = placed["modules"].values()
    pads = {
        cell["connections"]["PACKAGE_PIN"][0]: cell["attributes"]["NEXTPNR_BEL"]
        for cell in module["cells"].values()
        if cell["type"] == "SB_IO"
    }
    lines = []
    for name, port in module["ports"].items():
        for at, net in enumerate(port["bits"]):
            bit = f"{name}[{at}]" if len(port["bits"]) > 1 else name
            place = _PAD.sub(r"\1 \2 \3", pads[net])
            lines.append(f"set_io {bit} {place}\n")
    return "".join(lines)
