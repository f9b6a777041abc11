"""A serial port, and what to do if it cannot be opened."""

import errno
import os
from pathlib import Path
from typing import Protocol

import serial
from serial.tools import list_ports

from zeroleap.gen.errors import InputError

__all__ = ["Port", "SerialPort", "find_port"]

PATIENCE = 0.25
"""Seconds without a byte after which an answer is given up."""

GROUP = "dialout"
"""To which serial ports belong on most systems."""


class Port(Protocol):
    """A way to a board, on which bytes may be lost, damaged or added."""

    name: str

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def read(self) -> bytes:
        """Wait for bytes; none if there are none in a while."""

    def discard(self) -> None:
        """Forget what has come."""

    def close(self) -> None:
        """Let others have it."""


class SerialPort:
    """A `Port` of this computer.

    Parameters
    ----------
    name : str
        As the system knows it, such as ``/dev/ttyUSB0``.
    baud : int
    patience : float, seconds
        Without a byte, after which no more is waited for.

    Raises
    ------
    InputError
        It cannot be opened; the message says why, and the cure.
    """

    def __init__(self, name: str, baud: int, patience: float = PATIENCE) -> None:
        self.name = name
        try:
            self._serial = serial.Serial(name, baud, timeout=patience, exclusive=True)
        except (OSError, ValueError) as error:  # pyserial's own error is an OSError
            raise refusal(name, baud, error) from None

    def write(self, data: bytes) -> None:
        """Send bytes, and wait until the system has them."""
        try:
            self._serial.write(data)
            self._serial.flush()
        except OSError as error:
            raise _lost(self.name, error) from None

    def read(self) -> bytes:
        """Wait for bytes; none if there are none for the time of ``patience``."""
        try:
            return self._serial.read(self._serial.in_waiting or 1)
        except OSError as error:
            raise _lost(self.name, error) from None

    def discard(self) -> None:
        """Forget what has come."""
        try:
            self._serial.reset_input_buffer()
        except OSError as error:
            raise _lost(self.name, error) from None

    def close(self) -> None:
        """Let others have it."""
        self._serial.close()


def refusal(name: str, baud: int, error: Exception) -> InputError:
    """Say why a port cannot be opened, and the cure."""
    number = getattr(error, "errno", None)
    if number == errno.ENOENT or not Path(name).exists():
        return InputError(f"{name}: there is no such port; {_there_is()}")
    if number == errno.EACCES or not os.access(name, os.R_OK | os.W_OK):
        return InputError(
            f"{name}: no permission; add yourself to its group, and log in again:"
            f" sudo usermod -a -G {_group(name)} $USER"
        )
    if number in (errno.EBUSY, errno.EAGAIN):
        return InputError(f"{name}: another program has it open; close that one")
    if "configure" in str(error):  # pyserial's word for a failure of termios
        return InputError(f"{name}: is not a serial port; {_there_is()}")
    if isinstance(error, ValueError):
        return InputError(f"{name}: {baud} baud is not what this port can do ({error})")
    return InputError(f"{name}: cannot be opened as a serial port ({error})")


def _lost(name: str, error: Exception) -> InputError:
    return InputError(f"{name}: the port is gone; was the board unplugged? ({error})")


def _group(name: str) -> str:
    try:
        return Path(name).group()
    except (OSError, KeyError):
        return GROUP


def find_port() -> str:
    """Find the one port that a board may be at.

    Raises
    ------
    InputError
        There is none, or there are several.
    """
    known = _usb_ports()
    if len(known) == 1:
        return known[0]
    if not known:
        raise InputError("no board found: no USB serial port is there; name one with --port")
    raise InputError(f"several serial ports: name one with --port: {', '.join(known)}")


def _usb_ports() -> list[str]:
    return sorted(port.device for port in list_ports.comports() if port.vid is not None)


def _there_is() -> str:
    known = _usb_ports()
    return f"there is {', '.join(known)}" if known else "no USB serial port is there"
