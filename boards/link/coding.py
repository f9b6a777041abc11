"""Frames as bytes: requests to send, and answers found in what came."""

import zlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from zeroleap.boards.frames import (
    ANSWER_START,
    HEADER_WORDS,
    MARK_BITS,
    MOST_WORDS,
    REQUEST_START,
    AnswerHeader,
    Kind,
    Outcome,
    RequestHeader,
)
from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import Space

__all__ = ["Answer", "Ask", "Words", "encode", "find_answer"]

Words = npt.NDArray[np.uint32]

ADDRESSES = 1 << RequestHeader.as_shape()["address"].width
COUNTS = 1 << RequestHeader.as_shape()["count"].width

NO_WORDS: Words = np.zeros(0, np.uint32)


@dataclass(frozen=True)
class Ask:
    """What is asked of the board, without what belongs to one sending of it.

    Parameters
    ----------
    kind : Kind
    space : Space
    address : int, 0..2**24-1
        Of the first word; or the command.
    count : int, 1..MOST_WORDS
        Words that are read or written.
    words : uint32, shape (count,)
        Those to write; none otherwise.
    mark : int, 0..2**32-1

    Raises
    ------
    ValueError
        If no frame can say it, or if it is a `WRITE` to ``CONTROL``, which would be done again
        when it is sent again.
    """

    kind: Kind
    space: Space = Space.CONTROL
    address: int = 0
    count: int = 1
    words: Words = field(default_factory=lambda: NO_WORDS)
    mark: int = 0

    def __post_init__(self) -> None:
        """Refuse what no frame can say."""
        if not 1 <= self.count <= MOST_WORDS:
            raise ValueError(f"count must be in 1..{MOST_WORDS}, not {self.count}")
        if not 0 <= self.address < ADDRESSES:
            raise ValueError(f"address must be in 0..{ADDRESSES - 1}, not {self.address}")
        if not 0 <= self.mark < 1 << MARK_BITS:
            raise ValueError(f"mark must be in 0..{(1 << MARK_BITS) - 1}, not {self.mark}")
        if self.kind == Kind.WRITE and len(self.words) != self.count:
            raise ValueError(f"words must be {self.count}, not {len(self.words)}")
        if self.kind == Kind.WRITE and self.space == Space.CONTROL:
            raise ValueError("space must not be CONTROL in a WRITE: use a COMMAND")


@dataclass(frozen=True)
class Answer:
    """What the board said; see `AnswerHeader`.

    Parameters
    ----------
    outcome : Outcome
    busy, turn, marked : bool
    version : int
    words : uint32
        Those that were read.
    """

    outcome: Outcome
    busy: bool
    turn: bool
    marked: bool
    version: int
    words: Words


def encode(ask: Ask, sequence: int, turn: bool) -> bytes:
    """Lay out a whole frame."""
    count, address = -ask.count % COUNTS, (ask.address - 1) % ADDRESSES
    if ask.kind == Kind.COMMAND:
        address = ask.address
    elif ask.kind == Kind.MARK:
        address, count = divmod(ask.mark, COUNTS)
    header = RequestHeader.const(
        {
            "start": REQUEST_START,
            "kind": ask.kind,
            "space": ask.space,
            "turn": turn,
            "sequence": sequence,
            "count": count,
            "address": address,
        }
    )
    frame = sealed(header.as_bits().to_bytes(WORD_BYTES * HEADER_WORDS, "little"))
    if ask.kind == Kind.WRITE:
        frame += sealed(np.asarray(ask.words, "<u4").tobytes())
    return frame


def find_answer(came: bytes, ask: Ask, sequence: int) -> Answer | None:
    """Find the answer to a request in what came, whatever else did; None if it is not whole.

    ``DAMAGED`` answers any request: its sequence number is not known to be right.
    """
    at = came.find(ANSWER_START)
    while at >= 0:
        answer = _answer_at(came[at:], ask, sequence)
        if answer is not None:
            return answer
        at = came.find(ANSWER_START, at + 1)
    return None


def _answer_at(came: bytes, ask: Ask, sequence: int) -> Answer | None:
    if len(came) < 2 * WORD_BYTES:
        return None
    header = AnswerHeader.from_bits(int.from_bytes(came[:WORD_BYTES], "little"))
    try:
        outcome = Outcome(header.outcome)
    except ValueError:
        return None
    reads = ask.kind == Kind.READ and outcome == Outcome.DONE
    size = WORD_BYTES * (1 + (ask.count if reads else 0))
    frame = came[:size]
    if sealed(frame) != came[: size + WORD_BYTES]:
        return None
    if outcome != Outcome.DAMAGED and header.sequence != sequence:
        return None
    return Answer(
        outcome,
        busy=bool(header.busy),
        turn=bool(header.turn),
        marked=bool(header.marked),
        version=header.version,
        words=np.frombuffer(frame[WORD_BYTES:], "<u4").astype(np.uint32),
    )


def sealed(frame: bytes) -> bytes:
    """Append the CRC."""
    return frame + zlib.crc32(frame).to_bytes(WORD_BYTES, "little")
