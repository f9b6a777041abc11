"""Puts a bitstream onto a board, with openFPGALoader, and says in one line why it cannot."""

import re
from pathlib import Path

from zeroleap.boards.board import Board
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import ToolError, find_program

__all__ = ["load"]

NAME = "openFPGALoader"
USB_DEVICES = Path("/sys/bus/usb/devices")
"""Where Linux lists what is attached; absent elsewhere."""

_LIBRARY = re.compile(r"error while loading shared libraries: (\S+):")
_ABSENT = re.compile(r"device not found|No DFU compatible device found|No probes? found")
_FORBIDDEN = re.compile(r"usb_open\(\) failed|LIBUSB_ERROR_ACCESS|fail to open device")
_TAKEN = re.compile(r"unable to claim|fail to claim|LIBUSB_ERROR_BUSY", re.IGNORECASE)

_RULES = "https://trabucayre.github.io/openFPGALoader/guide/install.html#udev-rules"


def load(board: Board, bitstream: Path, volatile: bool = False) -> None:
    """Write a bitstream to a board's flash, or only to its FPGA.

    Parameters
    ----------
    board : Board
    bitstream : Path
    volatile : bool
        Only to the FPGA: it is gone when the power is.

    Raises
    ------
    InputError
        The loader is absent, no such board is attached, this user may not open it, or the loader
        gave up.
    """
    if volatile and not board.loader.volatile:
        raise InputError(f"{board.name}: can be loaded by its flash only; without --volatile it is")
    loader = find_program(NAME, "boards")
    options = ["-b", board.loader.board, "-m" if volatile else "-f", bitstream.name]
    try:
        loader.run(options, bitstream.parent)
    except ToolError as error:
        raise InputError(f"{board.name}: {reason(board, error)}") from None


def reason(board: Board, error: ToolError) -> str:
    """Say why the loader gave up, from what it printed, and what helps."""
    said = error.log
    if library := _LIBRARY.search(said):
        return (
            f"{NAME} lacks the library {library[1]}; the system's package of it is needed (on"
            " Debian: apt install libusb-1.0-0)"
        )
    is_absent = bool(_ABSENT.search(said))
    if _FORBIDDEN.search(said) or (is_absent and is_attached(board.loader.dfu)):
        return f"is attached, but this user may not open it; its udev rules are needed: {_RULES}"
    if is_absent:
        how = "held in its bootloader, by its button, " if board.loader.dfu else ""
        return f"no {board.title} is attached; one {how}on a USB cable that carries data is needed"
    if _TAKEN.search(said):
        return "is held by another program; it is needed closed, serial monitors too"
    return str(error)


def is_attached(device: str) -> bool:
    """Whether the system sees a USB device, ``vendor:product``, that the loader did not.

    The loader reports a DFU bootloader that it may not open as absent.
    """
    for folder in USB_DEVICES.glob("*"):
        numbers = [folder / "idVendor", folder / "idProduct"]
        if all(number.is_file() for number in numbers):
            found = ":".join(number.read_text().strip() for number in numbers)
            if found == device:
                return True
    return False
