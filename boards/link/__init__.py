"""The host's side of a board: frames, a port to send them through, a client, a runner."""

from zeroleap.boards.link.client import Client
from zeroleap.boards.link.runner import BoardRunner
from zeroleap.boards.link.serial_port import SerialPort

__all__ = ["BoardRunner", "Client", "SerialPort"]
