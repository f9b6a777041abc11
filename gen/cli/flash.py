"""``zeroleap flash``: puts a bitstream that ``build`` made onto a board, and a network with it."""

import argparse
from pathlib import Path

from zeroleap.boards.board import find_board
from zeroleap.boards.link.stored import stored
from zeroleap.boards.loader import check_room, flash_of, load, load_image
from zeroleap.gen.cli.build import bitstream_of, check_image
from zeroleap.gen.cli.network import IMAGE
from zeroleap.gen.cli.options import Parsers, add_board
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.errors import InputError
from zeroleap.gen.image import Image

__all__ = ["add"]


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "flash",
        help="puts the bitstream onto a board",
        description="Writes the bitstream that zeroleap build made in DIR to a board's flash.",
        allow_abbrev=False,
    )
    add_board(parser)
    parser.add_argument("target", metavar="DIR", type=Path, help="compiled network")
    parser.add_argument(
        "--volatile", action="store_true", help="only to the FPGA, until the power goes"
    )
    parser.add_argument(
        "--with-image",
        action="store_true",
        help="the network too: the board has it whenever its power comes on",
    )
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Load the board."""
    board, target = find_board(arguments.board), arguments.target
    check_image(board, target)
    if arguments.with_image:
        flash_of(board)
        if arguments.volatile:
            raise InputError("--with-image: is accepted without --volatile only")
    bitstream = bitstream_of(board, target)
    if not bitstream.is_file():
        raise InputError(
            f"{target}: has no bitstream for {board.name}; build it with: zeroleap build --board"
            f" {board.name} {target}"
        )
    image = None
    if arguments.with_image:
        image = stored(Image.load(target / IMAGE))
        check_room(board, bitstream, image)
    with Progress(1 if image is None else 2) as progress:
        progress.step(f"loading {bitstream.name}")
        load(board, bitstream, arguments.volatile)
        if image is not None:
            progress.step("loading the network")
            load_image(board, image)
    print(f"{bitstream} is on the board" + ("" if image is None else ", and its network"))
    return 0
