"""Cuts a host's requests into what a frame can say."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from zeroleap.boards.frames import MOST_WORDS, Kind
from zeroleap.boards.link.coding import Ask, Words
from zeroleap.gen.transactions import Requests
from zeroleap.hw.isa import HostRequest, Space

__all__ = ["Block", "blocks", "writes"]


@dataclass(frozen=True)
class Block:
    """Requests of one kind at addresses that rise by one.

    Parameters
    ----------
    space : Space
    address : int
        Of the first word.
    words : uint32, at least one
        What is written; of no meaning if it is a read.
    is_write : bool
    """

    space: Space
    address: int
    words: Words
    is_write: bool


def blocks(requests: Requests) -> Iterator[Block]:
    """Give the longest blocks of requests of `zeroleap.gen.transactions`, in order."""
    fields = {
        name: (requests >> np.uint64(HostRequest.as_shape()[name].offset))
        & np.uint64((1 << width) - 1)
        for name, width in (("data", 32), ("address", 24), ("space", 3), ("write", 1))
    }
    follows = (fields["space"][1:] == fields["space"][:-1]) & (
        fields["address"][1:] == fields["address"][:-1] + np.uint64(1)
    )
    follows &= fields["write"][1:] == fields["write"][:-1]
    start = 0
    for end in [*(np.flatnonzero(~follows) + 1).tolist(), len(requests)]:
        yield Block(
            Space(int(fields["space"][start])),
            int(fields["address"][start]),
            fields["data"][start:end].astype(np.uint32),
            bool(fields["write"][start]),
        )
        start = end


def writes(space: Space, address: int, words: Words, most: int = MOST_WORDS) -> Iterator[Ask]:
    """Ask that words be written to addresses that rise by one, at ``most`` so many at a time."""
    for at in range(0, len(words), most):
        part = words[at : at + most]
        yield Ask(Kind.WRITE, space, address + at, len(part), part)
