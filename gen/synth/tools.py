"""Finds Yosys and nextpnr, and runs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zeroleap.gen.errors import InputError

__all__ = ["ToolError", "Tools", "find_tools"]

CURE = "install it with: pip install zeroleap[synth]"


class ToolError(Exception):
    """A tool gave up; ``log`` is all that it said."""

    def __init__(self, name: str, log: str) -> None:
        self.log = log
        said = [line for line in log.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")]
        first = [*errors, *said[-1:], "it gave no reason"][0]
        super().__init__(f"{name}: {first}")


@dataclass(frozen=True)
class Tools:
    """Where the programs are.

    Parameters
    ----------
    yosys, place : Path
        Yosys, and the nextpnr of one family.
    """

    yosys: Path
    place: Path

    def run(self, program: Path, options: Sequence[str], folder: Path) -> str:
        """Run a program in ``folder``, and give what it printed.

        The programs of YoWASP see ``folder``, but have a temporary folder of their own: ``options``
        must name files by their names alone.

        Raises
        ------
        ToolError
            If it does not end well.
        """
        done = subprocess.run(
            [program, *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise ToolError(program.stem.removeprefix("yowasp-"), done.stdout)
        return done.stdout


def find_tools(place: str) -> Tools:
    """Find Yosys and the nextpnr called ``place``.

    YoWASP's beside this interpreter are taken, then those on ``PATH``.

    Raises
    ------
    InputError
        If one is absent.
    """
    return Tools(find_program("yosys"), find_program(place))


def find_program(name: str) -> Path:
    """Find a program, by YoWASP's name for it or its own."""
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    for known in (f"yowasp-{name}", name):
        found = shutil.which(known, path=here)
        if found is not None:
            return Path(found)
    raise InputError(f"synthesis needs {name}, which is not on PATH; {CURE}")
