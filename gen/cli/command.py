"""The frame of the command ``zeroleap``: options, errors and exit status of all subcommands.

Exit status 0 means done and, for ``verify``, ``bench`` and ``demo``, equal; 1 a difference; 2 bad
input or a bad option, with one line that says what would be accepted; 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from zeroleap.gen.cli import (
    bench,
    boards,
    build,
    configs,
    demo,
    estimate,
    flash,
    quantize,
    run,
    synth,
    verify,
)
from zeroleap.gen.cli import compile as compile_command
from zeroleap.gen.errors import InputError
from zeroleap.sim.simulator import SimulationError

__all__ = ["main"]

DESCRIPTION = "Turns a quantised CNN into an FPGA accelerator that computes only what is not zero."

COMMANDS = (
    *(quantize, compile_command, run, verify, estimate, bench, synth),
    *(boards, build, flash, configs, demo),
)
"""Modules with ``add(parsers)``, which names a function of the arguments as ``execute``."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are like all others of the command."""

    def error(self, message: str) -> NoReturn:
        """Refuse a bad option."""
        command = self.prog.removeprefix("zeroleap").strip()
        raise InputError(f"{command}: {message}" if command else message)


def make_parser() -> Parser:
    """Make the parser of all subcommands."""
    parser = Parser(prog="zeroleap", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"zeroleap {known_version()}")
    parsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(parsers)
    return parser


def known_version() -> str:
    """Give the installed version; sources may run without being installed."""
    try:
        return version("zeroleap")
    except PackageNotFoundError:
        return "(not installed)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; the exit status."""
    try:
        arguments = make_parser().parse_args(argv)
        status: int = arguments.execute(arguments)
        sys.stdout.flush()
    except InputError as error:
        return refuse(str(error))
    except SimulationError as error:
        *log, last = str(error).strip().splitlines()
        print(*log, sep="\n", end="\n" if log else "", file=sys.stderr)
        return refuse(f"the simulation failed: {last.strip()}")
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return refuse(": ".join(filter(None, [error.filename, error.strerror or str(error)])))
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:  # --help and --version
        return int(end.code or 0)
    return status


def refuse(message: str) -> int:
    """Print the one line of an error."""
    print(f"zeroleap: error: {message}", file=sys.stderr)
    return 2
