"""From an engine's Verilog to what it takes of an FPGA, by Yosys and nextpnr."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zeroleap.gen.errors import InputError
from zeroleap.gen.synth.devices import PIN_FILE, Device
from zeroleap.gen.synth.harness import HARNESS, PINS, write_harness
from zeroleap.gen.synth.naming import HIDE_ELEMENTS
from zeroleap.gen.synth.reports import (
    CriticalPath,
    critical_path,
    excess,
    fmax_mhz,
    used_cells,
)
from zeroleap.gen.synth.tools import ToolError, find_program, read_result

__all__ = ["Synthesis", "read_reports", "refusal", "synthesise"]

_SCRIPT = f"""\
read_verilog engine.v
{HIDE_ELEMENTS}
read_rtlil harness.il
{{synthesise}} -top {{top}} -json netlist.json
tee -q -o stat.json stat -json
"""


@dataclass(frozen=True)
class Synthesis:
    """What an engine takes of an FPGA, with its harness.

    Parameters
    ----------
    device : Device
    used, available : dict of kind to int
        Cells, by the kinds ``lut``, ``ff``, ``dsp``, ``bram`` and ``spram``.
    fmax_mhz, frequency_mhz : float
        Clock that was reached, and the one aimed at.
    path : CriticalPath or None
    """

    device: Device
    used: dict[str, int]
    available: dict[str, int]
    fmax_mhz: float
    frequency_mhz: float
    path: CriticalPath | None

    def to_json(self) -> dict[str, Any]:
        """Give it under the names of the command's ``--json``."""
        path = self.path
        return {
            "family": self.device.family.name,
            "device": self.device.name,
            **self.used,
            "fmax_mhz": round(self.fmax_mhz, 2),
            "frequency_mhz": self.frequency_mhz,
            "available": self.available,
            "critical_path": path
            and {
                "blocks": list(path.blocks),
                "logic_ns": round(path.logic_ns, 2),
                "routing_ns": round(path.routing_ns, 2),
            },
        }


def synthesise(
    verilog: str,
    device: Device,
    frequency_mhz: float | None = None,
    seed: int = 1,
    step: Callable[[str], None] = lambda _text: None,
) -> Synthesis:
    """Synthesise, place and route an engine.

    Parameters
    ----------
    verilog : str
        From `zeroleap.gen.build.write_verilog`.
    device : Device
    frequency_mhz : float, above 0
        What to aim at; the device's own unless given.
    seed : int
        Of the placement, which begins at random.
    step : callable
        Told what is done now, twice.

    Raises
    ------
    InputError
        A tool is absent, the engine does not fit the device, or the Verilog is not an engine's.
    """
    family = device.family
    yosys, place = find_program("yosys"), find_program(family.place)
    goal = device.frequency_mhz if frequency_mhz is None else frequency_mhz
    with tempfile.TemporaryDirectory(prefix="zeroleap-") as name:
        folder = Path(name)
        try:
            (folder / "harness.il").write_text(write_harness(verilog))
        except ValueError as error:
            raise InputError(f"engine.v: {error}") from None
        (folder / "engine.v").write_text(verilog)
        script = _SCRIPT.format(synthesise=device.synthesise, top=HARNESS)
        (folder / "synth.ys").write_text(script)
        pins = zip(PINS, device.pins, strict=False)
        lines = (family.pin.format(port=port, pin=pin) for port, pin in pins)
        (folder / PIN_FILE).write_text("".join(lines))
        options = ["--json", "netlist.json", "--report", "report.json", "--timing-allow-fail"]
        options += ["--freq", f"{goal:g}", "--seed", str(seed)]
        options += [*family.unconstrained, *family.pin_option, *device.options, *device.strategy]
        try:
            step(f"synthesising with {yosys.path.name}")
            yosys.run(["-s", "synth.ys"], folder)
            step(f"placing and routing with {place.path.name}")
            place.run(options, folder)
            return read_reports(folder, device, goal)
        except ToolError as error:
            raise refusal(device, error) from None


def read_reports(folder: Path, device: Device, frequency_mhz: float) -> Synthesis:
    """Read what Yosys (``stat.json``) and nextpnr (``report.json``) left in a folder.

    Raises
    ------
    ToolError
        They left less.
    """
    report, stat = (read_result(folder / f"{name}.json") for name in ("report", "stat"))
    used, available = used_cells(device.family, report, stat)
    path = critical_path(report)
    return Synthesis(device, used, available, fmax_mhz(report), frequency_mhz, path)


def refusal(device: Device, error: ToolError) -> InputError:
    """Say why there is no result: what there is too much of, or else the tool's own words."""
    too_much = excess(device.family, error.log)
    if not too_much:
        return InputError(f"{device.name}: {error}")
    return InputError(
        f"does not fit {device.name}: takes {', '.join(too_much)}; a larger device or a"
        " configuration with less of that is accepted"
    )
