"""Bitstreams that were built before, kept in the user's cache folder."""

import json
import os
from pathlib import Path
from typing import Any

from zeroleap.boards.board import Board

__all__ = ["keep", "recall"]


def recall(board: Board, digest: str) -> tuple[bytes, dict[str, Any]] | None:
    """Give the bitstream of a digest and its report; None where there is none."""
    path = _path(board, digest)
    try:
        return path.read_bytes(), json.loads(path.with_suffix(".json").read_text())
    except (OSError, ValueError):
        return None


def keep(board: Board, digest: str, content: bytes, report: dict[str, Any]) -> None:
    """Keep a bitstream and its report; the report is there last, so that both are whole."""
    path = _path(board, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, data in ((path, content), (path.with_suffix(".json"), json.dumps(report).encode())):
        part = target.with_name(f".part-{os.getpid()}-{target.name}")
        part.write_bytes(data)
        part.replace(target)


def _path(board: Board, digest: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zeroleap"
    return cache / f"{board.name}-{digest}{board.suffix}"
