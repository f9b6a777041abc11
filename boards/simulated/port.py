"""The port of a simulated board."""

import time

from zeroleap.boards.link.serial_port import SerialPort
from zeroleap.boards.simulated.board import SimulatedBoard

__all__ = ["SimulatedPort"]

BAUD = 1_000_000
"""Of no meaning on a pseudo-terminal."""

POLL_SECONDS = 0.005
POLLS = 12_000
"""In a minute: then it is stuck."""


class SimulatedPort(SerialPort):
    """A serial port that knows when no more can come, however slow the simulation is.

    Parameters
    ----------
    board : SimulatedBoard
    owns : bool
        Whether to end the simulation when the port is closed.
    """

    def __init__(self, board: SimulatedBoard, *, owns: bool = False) -> None:
        super().__init__(str(board.path), BAUD, POLL_SECONDS)
        self.name = "sim:"
        self._board = board
        self._owns = owns
        self._sent = board.heard()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._sent += len(data)
        super().write(data)

    def read(self) -> bytes:
        """Wait for bytes; none if all that was sent is dealt with."""
        for _ in range(POLLS):
            is_over = self._is_over()
            if (came := super().read()) or is_over:
                return came
        return b""

    def close(self) -> None:
        """Let others have it, when all that was sent is dealt with, or end the simulation."""
        super().close()
        if self._owns:
            self._board.close()
            return
        for _ in range(POLLS):
            if self._is_over() or not self._board.is_running():
                return
            time.sleep(POLL_SECONDS)

    def _is_over(self) -> bool:
        return self._board.heard() >= self._sent
