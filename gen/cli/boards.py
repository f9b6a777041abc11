"""``zeroleap boards``: what there are bitstreams for, and what was measured of them."""

import argparse
from typing import Any

from zeroleap.boards.board import Board, find_board, names
from zeroleap.boards.measured import measured
from zeroleap.gen.cli.files import to_json
from zeroleap.gen.cli.options import Parsers, add_json
from zeroleap.gen.report import table

__all__ = ["add"]

FIGURES = ("lut", "ff", "dsp", "bram", "spram", "fmax_mhz", "margin")
"""Of what was measured."""


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "boards",
        help="the boards, and what was measured of them",
        description="Lists the boards. Each has a configuration of its name, for compile --config.",
        allow_abbrev=False,
    )
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print a row a board."""
    boards = [described(find_board(name)) for name in names()]
    if arguments.json:
        print(to_json({"boards": boards}))
    else:
        print(to_text(boards), end="")
    return 0


def described(board: Board) -> dict[str, Any]:
    """Give a board under the names of ``--json``; figures are None where nothing is measured."""
    config, known = board.config, measured(board) or {}
    return {
        "board": board.name,
        "title": board.title,
        "device": board.device,
        "lanes": config.lanes,
        "sparsity": config.sparsity,
        "activation_bytes": config.activation_bytes,
        "weight_bytes": config.lanes * config.weight_bytes,
        "clock_mhz": board.clock_mhz,
        "baud": board.uart.baud,
        "host": board.uart.about,
        **{key: known.get(key) for key in FIGURES},
    }


def to_text(boards: list[dict[str, Any]]) -> str:
    """Lay out a row a board; memory in KiB, clocks in MHz."""
    columns = ["board", "chip", "lanes", "activations", "weights", "clock", "Mbaud"]
    columns += ["LUT", "FF", "DSP", "RAM", "Fmax"]
    rows = []
    for each in boards:
        memory = [f"{each[key] / 1024:g} KiB" for key in ("activation_bytes", "weight_bytes")]
        row = [each["board"], each["device"], each["lanes"], *memory]
        row += [f"{each['clock_mhz']:g} MHz", f"{each['baud'] / 1e6:g}"]
        if each["fmax_mhz"] is None:
            row += ["", "", "", "", "not measured"]
        else:
            row += [each["lut"], each["ff"], each["dsp"], each["bram"] + each["spram"]]
            row.append(f"{each['fmax_mhz']:.1f} MHz")
        rows.append(row)
    return table(columns, rows, total=False)
