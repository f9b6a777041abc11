"""``zeroleap synth``: what an engine takes of an FPGA, and how fast it runs there."""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from zeroleap.gen import configs
from zeroleap.gen.build import write_verilog
from zeroleap.gen.cli.files import to_json
from zeroleap.gen.cli.network import MARK
from zeroleap.gen.cli.options import (
    Parsers,
    add_configuration,
    add_json,
    configuration,
    overridden,
)
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.errors import InputError
from zeroleap.gen.report import percent, table
from zeroleap.gen.synth import FAMILIES, Synthesis, find_device, synthesise
from zeroleap.hw.config import EngineConfig

__all__ = ["TITLES", "add", "cells_table", "check_range"]

TITLES = {
    "lut": "LUT",
    "ff": "flip-flop",
    "dsp": "DSP",
    "bram": "block RAM",
    "spram": "large RAM",
}


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "synth",
        help="LUTs, flip-flops, DSPs, block RAMs and clock on an FPGA",
        description="Runs Yosys and nextpnr on the engine of DIR, or of a configuration.",
        allow_abbrev=False,
    )
    parser.add_argument("target", metavar="DIR", nargs="?", type=Path, help="compiled network")
    parser.add_argument("--family", choices=tuple(FAMILIES), required=True)
    parser.add_argument("--device", metavar="NAME", help="the family's first unless given")
    parser.add_argument("--frequency", metavar="MHz", type=float, help="clock to aim at")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of the placement")
    add_configuration(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Synthesise, and print the report."""
    device = find_device(arguments.family, arguments.device)
    check_range("synth", "--frequency", arguments.frequency, 1, 1000)
    check_range("synth", "--seed", arguments.seed, 0, 2**31 - 1)
    with Progress(3) as progress:
        progress.step("writing the Verilog")
        config, verilog = engine(arguments)
        try:
            done = synthesise(verilog, device, arguments.frequency, arguments.seed, progress.step)
        except InputError as error:
            raise InputError(f"{config.name}: {error}") from None
    if arguments.json:
        print(to_json({"config": config.name, "lanes": config.lanes, **done.to_json()}))
    else:
        print(to_text(config, done), end="")
    return 0


def check_range(command: str, option: str, value: float | None, low: int, high: int) -> None:
    """Refuse a number out of its range, which is inclusive."""
    if value is not None and not low <= value <= high:
        raise InputError(f"{command}: argument {option}: must be in {low}..{high}, not {value:g}")


def engine(arguments: argparse.Namespace) -> tuple[EngineConfig, str]:
    """Read the Verilog of the folder, or write that of the configuration.

    Raises
    ------
    InputError
        What is named is no compiled network, or came with options that only compiling can heed.
    """
    target: Path | None = arguments.target
    if target is None:
        config = configuration(arguments)
        with tempfile.TemporaryDirectory(prefix="zeroleap-") as folder:
            path = Path(folder) / "engine.v"
            write_verilog(config, path)
            return config, path.read_text()
    if not (target / MARK).is_file():
        raise InputError(
            f"{target}: is no directory that zeroleap compile made; one that it made, or --config,"
            " is accepted"
        )
    if overridden(arguments):
        raise InputError(
            f"{target}: is compiled already; options of the configuration are accepted without it"
        )
    return configs.load(target / "config.toml"), (target / "engine.v").read_text()


def cells_table(used: Mapping[str, int], available: Mapping[str, int]) -> str:
    """Lay out a row a kind of cell that the device has."""
    rows = [
        (title, used[kind], available[kind], percent(used[kind] / available[kind]))
        for kind, title in TITLES.items()
        if available[kind]
    ]
    return table(("", "used", "available", "share"), rows, total=False)


def to_text(config: EngineConfig, done: Synthesis) -> str:
    """Lay out a row a kind of cell, the clock, and where the critical path runs."""
    text = f"{config.name} on {done.device.name}: {config.lanes} lanes\n\n"
    text += cells_table(done.used, done.available)
    text += f"\n{done.fmax_mhz:.1f} MHz (aimed at {done.frequency_mhz:g})"
    path = done.path
    if path is None:
        return text + "\n"
    delays = f"{path.logic_ns:.1f} ns of logic, {path.routing_ns:.1f} ns of routing"
    return f"{text}; critical path: {delays}\n  {' -> '.join(path.blocks)}\n"
