"""Puts a bitstream or an image onto a board, with openFPGALoader; says in a line why it cannot."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from zeroleap.boards.board import Board, Flash, find_board, names
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import ToolError, find_program

__all__ = ["check_room", "flash_of", "load", "load_image"]

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
    run(board, ["-m" if volatile else "-f"], bitstream)


def load_image(board: Board, image: bytes) -> None:
    """Write an image of `zeroleap.boards.link.stored` to a board's flash, where it is read from.

    Raises
    ------
    InputError
        As `load`.
    """
    flash = flash_of(board)
    options = ["-f", "--file-type", "raw", "-o", str(flash.image_at)]
    if flash.external:
        options.append("--external-flash")
    with tempfile.TemporaryDirectory(prefix="zeroleap-") as folder:
        file = Path(folder) / f"{board.name}.image"
        file.write_bytes(image)
        run(board, options, file)


def check_room(board: Board, bitstream: Path, image: bytes) -> None:
    """Refuse an image that a board's flash cannot hold.

    Raises
    ------
    InputError
        The FPGA cannot read the flash, or the bitstream or the image is too large.
    """
    flash = flash_of(board)
    bitstream_size = bitstream.stat().st_size
    if not flash.external and bitstream_size > flash.image_at:
        raise InputError(
            f"{bitstream}: has {bitstream_size} bytes; {flash.image_at} are before the image"
        )
    room = flash.size - flash.image_at
    if len(image) > room:
        raise InputError(f"{board.name}: the image has {len(image)} bytes; its flash has {room}")


def flash_of(board: Board) -> Flash:
    """Give the flash that a board's FPGA reads an image from.

    Raises
    ------
    InputError
        There is none.
    """
    if board.flash is None:
        able = ", ".join(name for name in names() if find_board(name).flash is not None)
        raise InputError(f"{board.name}: its FPGA reads no image from a flash; those of {able} do")
    return board.flash


def run(board: Board, options: Sequence[str], file: Path) -> None:
    """Have the loader put a file onto a board.

    Raises
    ------
    InputError
        As `load`.
    """
    loader = find_program(NAME, "boards")
    try:
        loader.run(["-b", board.loader.board, *options, file.name], file.parent)
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
