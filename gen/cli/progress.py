"""A progress bar on a terminal, and nothing anywhere else."""

import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

__all__ = ["Progress"]


class Progress:
    """A bar of ``total`` steps on standard error; the time of the current one runs on its own.

    Parameters
    ----------
    total : int
        Steps, each started by `step`.
    stream : text stream
        Where to draw; nothing is drawn unless it is a terminal.
    """

    WIDTH = 24
    PERIOD = 0.2

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._started = 0
        self._part = 0.0
        self._text = ""
        self._since = time.monotonic()
        self._end = threading.Event()
        self._drawer = threading.Thread(target=self._keep_drawing, daemon=True)

    def __enter__(self) -> Self:
        """Start drawing."""
        if self._shown:
            self._drawer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wipe the line, whatever happened."""
        if self._shown:
            self._end.set()
            self._drawer.join()
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def step(self, text: str) -> None:
        """Say that the step before is done, and what comes now."""
        self._started, self._text, self._since = self._started + 1, text, time.monotonic()
        self._part = 0.0

    def part(self, done: int, whole: int) -> None:
        """Say how much of the current step is done."""
        self._part = done / whole

    def line(self) -> str:
        """Write what is drawn now."""
        done = int(self.WIDTH * (max(self._started - 1, 0) + self._part) / self._total)
        bar = "#" * done + "-" * (self.WIDTH - done)
        seconds = int(time.monotonic() - self._since)
        return f"[{bar}] {self._started}/{self._total} {self._text} ({seconds} s)"

    def _keep_drawing(self) -> None:
        while not self._end.wait(self.PERIOD):
            self._stream.write(f"\r\x1b[K{self.line()}")
            self._stream.flush()
