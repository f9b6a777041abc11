"""``zeroleap configs``: the named configurations."""

import argparse
import dataclasses

from zeroleap.gen import configs
from zeroleap.gen.cli.files import to_json
from zeroleap.gen.cli.options import Parsers, add_json
from zeroleap.gen.report import table

__all__ = ["add"]


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "configs",
        help="the named configurations",
        description="Lists the named configurations; a TOML file may set the same keys.",
        allow_abbrev=False,
    )
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print a column a configuration."""
    known = [dataclasses.asdict(configs.load(name)) for name in configs.names()]
    if arguments.json:
        print(to_json({"configs": known}))
        return 0
    keys = [key for key in configs.FIELDS if key != "name"]
    rows = [(key, *(config[key] for config in known)) for key in keys]
    print(table(["", *configs.names()], rows, total=False), end="")
    return 0
