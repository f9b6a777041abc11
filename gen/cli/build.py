"""``zeroleap build``: the bitstream of a board, beside the network that it is for."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zeroleap.boards.board import Board, find_board
from zeroleap.boards.build import MARGIN, build, digest
from zeroleap.boards.cache import keep, recall
from zeroleap.gen import configs
from zeroleap.gen.cli.files import replaced_file, to_json
from zeroleap.gen.cli.network import model_of
from zeroleap.gen.cli.options import Parsers, add_board, add_json
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.cli.synth import cells_table, check_range
from zeroleap.gen.errors import InputError
from zeroleap.gen.report import percent

__all__ = ["SEEDS", "add", "bitstream_of", "check_image"]

SEEDS = 3
"""Placements that are tried, unless a seed is given."""


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "build",
        help="the bitstream of a board",
        description="Builds the bitstream that runs DIR, which zeroleap compile made, on a board.",
        allow_abbrev=False,
    )
    add_board(parser)
    parser.add_argument("target", metavar="DIR", type=Path, help="compiled network")
    parser.add_argument("--seed", metavar="N", type=int, help="of the placement")
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Build, unless it was built before, and print the report; 1 if the clock is not reached."""
    board, target = find_board(arguments.board), arguments.target
    check_range("build", "--seed", arguments.seed, 0, 2**31 - 1)
    check_image(board, target)
    content, report = built(board, arguments.seed)
    path = bitstream_of(board, target)
    if report["margin"] >= 0:
        with replaced_file(path) as part:
            part.write_bytes(content)
        with replaced_file(path.with_suffix(".json")) as part:
            part.write_text(to_json(report) + "\n")
    print(to_json(report) if arguments.json else to_text(board, report), end="\n")
    if report["margin"] < 0:
        print(
            f"zeroleap: {board.name} reaches {report['fmax_mhz']} MHz of the"
            f" {report['frequency_mhz']:g} that it is built for; no bitstream was written; another"
            " --seed may do",
            file=sys.stderr,
        )
        return 1
    if not arguments.json:
        print(f"written to {path}")
    return 0


def built(board: Board, seed: int | None) -> tuple[bytes, dict[str, Any]]:
    """Give the bitstream of a board and its report, from the cache if it was built before."""
    key = digest(board)
    known = recall(board, key)
    if known is not None and seed in (None, known[1]["seed"]):
        return known
    seeds = range(board.seed, board.seed + SEEDS) if seed is None else [seed]
    with Progress(3 + len(seeds)) as progress:
        done = build(board, seeds, progress.step)
    report = done.to_json()
    if done.margin >= 0:
        keep(board, key, done.content, report)
    return done.content, report


def bitstream_of(board: Board, folder: Path) -> Path:
    """Name the file of a board's bitstream in a compiled network's folder."""
    return folder / f"{board.name}{board.suffix}"


def check_image(board: Board, folder: Path) -> None:
    """Refuse a folder that was compiled for another engine than the board's.

    Raises
    ------
    InputError
        The folder is no compiled network, or that of another configuration.
    """
    model = model_of(folder)
    if model is None:
        raise InputError(
            f"{folder}: is no directory that zeroleap compile made; one that it made with --config"
            f" {board.name} is accepted"
        )
    config = configs.load(folder / "config.toml")
    if config.digest != board.config.digest:
        raise InputError(
            f"{folder}: was compiled for the configuration {config.name!r}, which {board.name}"
            f" does not have; compile it with: zeroleap compile {model} -o {folder} --config"
            f" {board.name}"
        )


def to_text(board: Board, report: Mapping[str, Any]) -> str:
    """Lay out a row a kind of cell, and the clock."""
    text = f"{board.title}: {board.config.lanes} lanes on {report['device']}\n\n"
    text += cells_table(report, report["available"])
    text += f"\n{report['fmax_mhz']:.1f} MHz reached, {report['frequency_mhz']:g} asked for: margin"
    text += f" {percent(report['margin'])} (seed {report['seed']})"
    return text if report["margin"] >= MARGIN else f"{text}, less than {percent(MARGIN)}"
