"""Names from a file, made fit for a message and unique in a graph."""

from collections.abc import Collection

__all__ = ["first_free", "readable"]

LONGEST = 80


def readable(name: str | bytes) -> str:
    """Return ``name`` on one line, printable, cut to `LONGEST` characters.

    Protobuf gives bytes where a file's string is not UTF-8.
    """
    if isinstance(name, bytes):
        name = name.decode(errors="replace")
    text = "".join(character if character.isprintable() else "?" for character in name)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def first_free(name: str, taken: Collection[str]) -> str:
    """Return ``name``, or the first of ``name#2``, ``name#3`` … that is not ``taken``."""
    candidate, count = name, 1
    while candidate in taken:
        count += 1
        candidate = f"{name}#{count}"
    return candidate
