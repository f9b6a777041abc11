"""Finds a board and opens a way to it."""

from zeroleap.boards.link.client import Client, NoAnswerError
from zeroleap.boards.link.serial_port import SerialPort, find_port
from zeroleap.boards.simulated.board import SimulatedBoard
from zeroleap.boards.simulated.port import SimulatedPort
from zeroleap.hw.config import EngineConfig

__all__ = ["RATES", "SIMULATED", "connect"]

SIMULATED = "sim:"
"""Names a board in simulation, with the engine that is asked for."""

RATES = (3_000_000, 2_000_000, 1_000_000, 115_200)
"""Baud, tried in this order unless one is named."""

KNOCKS = 3
"""Attempts to get a first answer at a rate."""


def connect(port: str | None, config: EngineConfig, baud: int | None = None) -> Client:
    """Open a board.

    Parameters
    ----------
    port : str
        A serial port, or `SIMULATED`; without one, the only that a board may be at.
    config : EngineConfig
        Of the engine of a simulated board; others have theirs.
    baud : int
        The board's; tried in turn unless given.

    Raises
    ------
    InputError
        There is no board there; the message says what there is.
    """
    if port == SIMULATED:
        return Client(SimulatedPort(SimulatedBoard(config), owns=True))
    name = find_port() if port is None else port
    *others, last = RATES if baud is None else (baud,)
    for rate in others:
        try:
            return _knock(name, rate)
        except NoAnswerError:
            continue
    return _knock(name, last)


def _knock(name: str, baud: int) -> Client:
    serial_port = SerialPort(name, baud)
    try:
        client = Client(serial_port)
        client.identity(KNOCKS)
    except BaseException:
        serial_port.close()
        raise
    return client
