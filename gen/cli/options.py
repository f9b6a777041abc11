"""Options that several subcommands have."""

import argparse
import dataclasses
from typing import Any, get_args

from zeroleap.boards import board as boards
from zeroleap.gen import configs
from zeroleap.hw.config import RANGES, EngineConfig, Sparsity

__all__ = [
    "Parsers",
    "add_board",
    "add_configuration",
    "add_json",
    "configuration",
    "overridden",
]

Parsers = Any
"""What `argparse.ArgumentParser.add_subparsers` returns; its type has no public name."""

DEFAULT = "small"

OVERRIDES = tuple(field.name for field in dataclasses.fields(EngineConfig) if field.name != "name")


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and an option for each field of `EngineConfig`."""
    group = parser.add_argument_group("configuration of the engine")
    group.add_argument(
        "--config",
        metavar="NAME|FILE.toml",
        help=f"{', '.join(configs.names())} or a file; {DEFAULT} unless given",
    )
    for field in OVERRIDES:
        option = f"--{field.replace('_', '-')}"
        if field in RANGES:
            low, high = RANGES[field]
            group.add_argument(option, type=int, metavar="N", help=f"{low} to {high}")
        else:
            group.add_argument(option, choices=get_args(Sparsity))


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_board(parser: argparse.ArgumentParser) -> None:
    """Add ``--board``."""
    accepted = ", ".join(boards.names())
    parser.add_argument("--board", metavar="NAME", required=True, help=accepted)


def overridden(arguments: argparse.Namespace) -> bool:
    """Whether any option of `add_configuration` was given."""
    return any(getattr(arguments, field) is not None for field in ("config", *OVERRIDES))


def configuration(arguments: argparse.Namespace) -> EngineConfig:
    """Read the configuration that the options name.

    Raises
    ------
    InputError
        It is unknown, unreadable, or not of an engine that can be built.
    """
    given = {field: getattr(arguments, field) for field in OVERRIDES}
    overrides = {field: value for field, value in given.items() if value is not None}
    name = DEFAULT if arguments.config is None else arguments.config
    return configs.load(name, **overrides)
