"""An engine as the cells of an FPGA, with what each cell does, for a simulator."""

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from zeroleap.gen.build import TOP, write_verilog
from zeroleap.gen.synth.devices import Device
from zeroleap.gen.synth.flow import refusal
from zeroleap.gen.synth.models import with_models
from zeroleap.gen.synth.naming import HIDE_ELEMENTS
from zeroleap.gen.synth.tools import Program, ToolError, find_program
from zeroleap.hw.config import EngineConfig

__all__ = ["Netlist"]

_SCRIPT = f"""\
read_verilog engine.v
{HIDE_ELEMENTS}
{{synthesise}} -top {{top}}
write_verilog -noattr netlist.v
write_json netlist.json
"""

_VERSIONED = ("yosys", "nextpnr-")
"""Beginnings of the names of programs that tell their version."""

_HERE = Path(__file__).parent


def _ignore(_text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Netlist:
    """The cells that synthesis for an FPGA makes of an engine.

    Parameters
    ----------
    device : Device
    step : callable
        Told what is done now, `STEPS` times, while the cells are made.
    """

    STEPS: ClassVar[int] = 1

    device: Device
    step: Callable[[str], None] = field(default=_ignore, repr=False, compare=False)

    @property
    def title(self) -> str:
        """Name it for people."""
        return f"{self.device.name}'s cells"

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the programs that make it."""
        return ("yosys",)

    @property
    def digest(self) -> str:
        """Hexadecimal digits that change with what it is made by, its engine apart.

        Raises
        ------
        InputError
            A tool is absent.
        """
        versioned = [find_program(name) for name in self.tools if name.startswith(_VERSIONED)]
        # The last line: YoWASP's programs say at their first run that it may take a while.
        said = [program.run(["-V"], _HERE) for program in versioned]
        parts = [repr(self), *(text.strip().rpartition("\n")[2] for text in said)]
        parts += [path.read_text() for path in sorted([*_HERE.glob("*.py"), *_HERE.glob("*.v")])]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def write(self, config: EngineConfig, path: Path) -> None:
        """Make the cells of the engine of ``config``, and write them and their models to ``path``.

        Raises
        ------
        InputError
            A tool is absent or fails, the engine does not fit, or Yosys' models are absent.
        """
        tools = {name: find_program(name) for name in self.tools}
        with tempfile.TemporaryDirectory(prefix="zeroleap-") as name:
            folder = Path(name)
            write_verilog(config, folder / "engine.v")
            try:
                netlist = self.make(folder, tools)
            except ToolError as error:
                raise refusal(self.device, error) from None
        path.write_text(with_models(netlist, self.device.family))

    def make(self, folder: Path, tools: Mapping[str, Program]) -> str:
        """Make cells of ``engine.v`` in ``folder``, and give them as Verilog.

        They are left there too, for nextpnr, as ``netlist.json``.

        Raises
        ------
        ToolError
            A tool fails.
        """
        self.step(f"synthesising with {tools['yosys'].path.name}")
        (folder / "netlist.ys").write_text(
            _SCRIPT.format(synthesise=self.device.synthesise, top=TOP)
        )
        tools["yosys"].run(["-s", "netlist.ys"], folder)
        return (folder / "netlist.v").read_text()
