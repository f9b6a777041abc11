"""What host and board say to each other: the layout of frames, which both ends take from here.

All is in 32-bit words, sent lowest byte first. A request is a `RequestHeader`, its CRC and, if it
writes, the words and their CRC. An answer is an `AnswerHeader`, the words of a read and the CRC of
both.
"""

import enum

from amaranth import unsigned
from amaranth.lib import data

from zeroleap.hw.isa import Space

__all__ = [
    "ANSWER_START",
    "HEADER_WORDS",
    "IDENTITY_WORDS",
    "MARK_BITS",
    "MARK_BY_HOST",
    "MARK_WHOLE",
    "MOST_WORDS",
    "REQUEST_START",
    "VERSION",
    "AnswerHeader",
    "Kind",
    "Outcome",
    "RequestHeader",
]

VERSION = 1
"""Of this protocol."""

REQUEST_START = int.from_bytes(b"ZL", "little")
"""To be seen on a logic analyser; the board heeds it as a part of what the CRC is of."""

ANSWER_START = ord("z")

HEADER_WORDS = 2
"""Of a request."""

MOST_WORDS = 256
"""Of one frame."""

IDENTITY_WORDS = 2
"""At the first addresses of ``CONTROL``: the configuration's digest, the mark of the image."""

MARK_BITS = 32

MARK_BY_HOST = 1 << MARK_BITS - 1
"""Bit of a mark that says that it is a host's, and not of the board's flash."""

MARK_WHOLE = 1 << MARK_BITS - 2
"""Bit of a mark that says that all of an image is there."""


class Kind(enum.Enum):
    """What a request asks for.

    ``READ`` and ``WRITE`` move words of a `Space`; the board itself answers a read of ``CONTROL``.
    ``COMMAND`` gives a `Command` to the engine, ``MARK`` has the board keep a word that tells which
    image it holds: both are in the header, so that they are checked before anything is done.
    """

    READ = 0
    WRITE = 1
    COMMAND = 2
    MARK = 3


class RequestHeader(data.Struct):
    """The first words of a request.

    Attributes
    ----------
    start : REQUEST_START
    unused : 0
    kind : Kind
    space : Space
    turn : bool
        Of a command: differs from the last one's, unless it is the same command sent again.
    sequence : int
        Comes back in the answer; a request that is sent again has the same.
    count : int
        Of words to read or write, negative: the board counts up to 0.
    address : int
        The one before the first of them, as the board counts before it reads or writes; or a
        command. A mark is in ``count`` and ``address`` together.
    """

    start: unsigned(16)
    unused: unsigned(2)
    kind: Kind
    space: Space
    turn: unsigned(1)
    sequence: unsigned(8)
    count: unsigned(8)
    address: unsigned(24)


class Outcome(enum.Enum):
    """What became of a request: ``REFUSED``, as the engine runs, it can wait for its end."""

    DONE = 0
    DAMAGED = 1
    REFUSED = 2


class AnswerHeader(data.Struct):
    """The first word of an answer.

    Attributes
    ----------
    start : ANSWER_START
    sequence : int
        The request's; of no meaning with ``DAMAGED``.
    outcome : Outcome
    busy : bool
        The engine runs.
    turn : bool
        Of the last command that was done.
    marked : bool
        A host has marked the board; false after a reset, whatever its flash holds.
    version : VERSION
    """

    start: unsigned(8)
    sequence: unsigned(8)
    outcome: Outcome
    busy: unsigned(1)
    turn: unsigned(1)
    marked: unsigned(1)
    unused: unsigned(3)
    version: unsigned(8)
