"""Talks to a board: asks, and asks again until the answer is whole."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zeroleap.boards.frames import IDENTITY_WORDS, MARK_BY_HOST, MOST_WORDS, VERSION, Kind, Outcome
from zeroleap.boards.link.blocks import blocks, writes
from zeroleap.boards.link.coding import Answer, Ask, Words, encode, find_answer
from zeroleap.boards.link.serial_port import Port
from zeroleap.gen.errors import InputError
from zeroleap.gen.transactions import Requests
from zeroleap.hw.isa import Command, Space

__all__ = ["Client", "Identity", "NoAnswerError"]

ATTEMPTS = 16
"""With each of five frames damaged, all of them are in one of 10**11 requests."""

RUN_SECONDS = 60.0

SEQUENCES = 256


class NoAnswerError(InputError):
    """Not a byte came back."""


@dataclass(frozen=True)
class Identity:
    """What a board is and does.

    Parameters
    ----------
    digest : str
        Of the configuration of its engine.
    mark : int
        Of the image that it holds; see `MARK_WHOLE`.
    busy : bool
        A program runs.
    """

    digest: str
    mark: int
    busy: bool


class Client:
    """Reads, writes and commands a board, over a port that may lose or damage anything.

    Parameters
    ----------
    port : Port
    attempts : int
        How often a request is sent before it is given up.
    block : int, 1..MOST_WORDS
        Words of a frame.

    Attributes
    ----------
    repeated : int
        Requests that had to be sent again.

    Raises
    ------
    InputError
        In each method: nothing answers, what does speaks another protocol, or the board was reset.
    """

    def __init__(self, port: Port, attempts: int = ATTEMPTS, block: int = MOST_WORDS) -> None:
        self._port = port
        self._attempts = attempts
        self._block = block
        self._sequence = 0
        self._turn: bool | None = None  # until the board has said it
        self._is_marked = False
        self.repeated = 0

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def identity(self, attempts: int | None = None) -> Identity:
        """Ask what the board is, also while a program runs.

        Parameters
        ----------
        attempts : int
            For this request.
        """
        answer = self._ask(Ask(Kind.READ, Space.CONTROL, 0, IDENTITY_WORDS), attempts)
        digest, mark = (int(word) for word in answer.words)
        return Identity(f"{digest:08x}", mark, answer.busy)

    def write(self, space: Space, address: int, words: Words) -> None:
        """Write words to addresses that rise by one."""
        for ask in writes(space, address, words, self._block):
            self._insist(ask)

    def read(self, space: Space, address: int, count: int) -> Words:
        """Read words from addresses that rise by one."""
        starts = range(0, count, self._block)
        asks = (Ask(Kind.READ, space, address + at, min(self._block, count - at)) for at in starts)
        return np.concatenate([self._insist(ask).words for ask in asks])

    def command(self, which: Command) -> None:
        """Start the engine; what follows waits until it is idle again."""
        if self._turn is None:
            self.identity()
        self._insist(Ask(Kind.COMMAND, address=which.value))

    def mark(self, value: int) -> None:
        """Have the board keep a mark until it is reset: 0, or one with `MARK_BY_HOST`.

        From then on a board without such a mark is an error: it was reset.
        """
        self._is_marked = False
        self._insist(Ask(Kind.MARK, mark=value))
        self._is_marked = bool(value & MARK_BY_HOST)

    def wait(self, seconds: float = RUN_SECONDS) -> None:
        """Wait until the engine is idle.

        Raises
        ------
        InputError
            It is not in that time.
        """
        deadline = time.monotonic() + seconds
        while self.identity().busy:
            if time.monotonic() > deadline:
                raise InputError(
                    f"{self._port.name}: the board has been running for {seconds:g} s; reset it"
                )

    def play(
        self, requests: Requests, progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> Words:
        """Send requests of `zeroleap.gen.transactions` in order, and return the words they read.

        Parameters
        ----------
        requests : uint64, shape (requests,)
        progress : callable
            Told how many of them are done, and how many there are.
        """
        answers, done = [np.zeros(0, np.uint32)], 0
        for block in blocks(requests):
            if not block.is_write:
                answers.append(self.read(block.space, block.address, len(block.words)))
            elif block.space == Space.CONTROL:
                self.command(Command(int(block.words[0])))
            else:
                self.write(block.space, block.address, block.words)
            done += len(block.words)
            progress(done, len(requests))
        return np.concatenate(answers)

    def _insist(self, ask: Ask) -> Answer:
        """Ask, and if the engine runs, again at its end."""
        while (answer := self._ask(ask)).outcome == Outcome.REFUSED:
            self.wait()
        if self._is_marked and not answer.marked:
            raise InputError(f"{self._port.name}: the board was reset; run again to load it")
        return answer

    def _ask(self, ask: Ask, attempts: int | None = None) -> Answer:
        """Send a request until there is an answer to it."""
        self._sequence = (self._sequence + 1) % SEQUENCES
        frame = encode(ask, self._sequence, not self._turn)
        heard, attempts = 0, self._attempts if attempts is None else attempts
        for attempt in range(attempts):
            self.repeated += attempt > 0
            self._port.discard()
            self._port.write(frame)
            came = b""
            while chunk := self._port.read():
                came += chunk
                answer = find_answer(came, ask, self._sequence)
                if answer is not None:
                    break
            else:
                heard += len(came)
                continue
            if answer.version != VERSION:
                raise InputError(
                    f"{self._port.name}: the board speaks version {answer.version} of the"
                    f" protocol; accepted is {VERSION}: build its bitstream again"
                )
            if answer.outcome != Outcome.DAMAGED:
                self._turn = answer.turn
                return answer
            heard += len(came)
        if heard:
            raise InputError(
                f"{self._port.name}: gave up after {attempts} damaged frames; what answers may be"
                " no board, or one with another baud rate"
            )
        raise NoAnswerError(
            f"{self._port.name}: no answer; is it the board's port, has the board power and this"
            " project's bitstream, and that another baud rate?"
        )
