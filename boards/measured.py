"""What was measured of each board: a file that ``benchmarks/boards.py`` writes."""

import json
from importlib import resources
from typing import Any

from zeroleap.boards.board import Board

__all__ = ["FILE", "measured"]

FILE = "measured.json"


def measured(board: Board) -> dict[str, Any] | None:
    """Give a board's figures; None where there are none for its engine and clock of today.

    They have the keys of `zeroleap.boards.build.Bitstream.to_json`; ``config``, the digest of the
    engine's configuration, ``clock_mhz``, ``digest``, that of all that was built; and ``cycles`` of
    each network that fits.
    """
    file = resources.files(__package__) / FILE
    known = json.loads(file.read_text()).get(board.name) if file.is_file() else None
    if known is None or known["config"] != board.config.digest:
        return None
    return known if known["clock_mhz"] == board.clock_mhz else None
