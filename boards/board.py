"""A board as data: a TOML file in ``data``, named as the board and its engine's configuration."""

import importlib
import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from importlib import resources
from typing import Any

from zeroleap.boards.clocks import PLLS, Pll
from zeroleap.gen import configs
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import Device, find_device
from zeroleap.hw.config import EngineConfig

__all__ = ["Board", "Flash", "Loader", "Uart", "find_board", "names"]


@dataclass(frozen=True)
class Uart:
    """How the host reaches the board.

    Parameters
    ----------
    baud : int
        Bits a second.
    about : str
        What carries them, for people.
    rx, tx : str
        Pins of ``connector``, as the FPGA sees them; only where the platform has no ``uart``.
    connector : str
        Its name in the platform.
    attributes : mapping of str to str
        Of the pins.
    """

    baud: int
    about: str
    rx: str = ""
    tx: str = ""
    connector: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Loader:
    """How a bitstream gets onto the board, by openFPGALoader.

    Parameters
    ----------
    board : str
        Its name there.
    volatile : bool
        Whether the FPGA can be loaded without writing to the board's flash.
    dfu : str
        Vendor and product in hexadecimal, as ``1209:5af0``, if the bitstream goes to a DFU
        bootloader, which wants them in a suffix.
    """

    board: str
    volatile: bool = True
    dfu: str = ""


@dataclass(frozen=True)
class Flash:
    """A SPI flash that the FPGA can read, for the image of a network.

    Parameters
    ----------
    resource : str
        Of the platform.
    image_at : int
        Address of the image: behind the bitstream.
    size : int
        Bytes.
    external : bool
        Whether the bitstream is not there, but in a flash inside the FPGA.
    """

    resource: str
    image_at: int
    size: int
    external: bool = False


@dataclass(frozen=True)
class Board:
    """One board, with one engine.

    Parameters
    ----------
    name : str
        Of the file, and of the engine's configuration.
    title : str
        For people.
    platform : str
        Class of amaranth-boards, as ``module:Class``.
    family, device : str
        The FPGA, as `zeroleap.gen.synth.find_device` knows it.
    clock_mhz : int or float
        Of the engine.
    led : str
        Resource of the platform that is lit while the engine runs; ``rgb_led.g`` is a part of one.
    uart : Uart
    loader : Loader
    flash : Flash
        None where the FPGA cannot read one.
    seed : int
        Of the placement; one that was seen to meet the clock.
    """

    name: str
    title: str
    platform: str
    family: str
    device: str
    clock_mhz: float
    led: str
    uart: Uart
    loader: Loader
    flash: Flash | None = None
    seed: int = 1

    @cached_property
    def config(self) -> EngineConfig:
        """The engine's configuration."""
        return configs.load(self.name)

    @cached_property
    def chip(self) -> Device:
        """The FPGA."""
        return find_device(self.family, self.device)

    def new_platform(self) -> Any:
        """Make a platform of amaranth-boards, which serves for one build."""
        module, _, name = self.platform.partition(":")
        return getattr(importlib.import_module(module), name)()

    @cached_property
    def pll(self) -> Pll | None:
        """What makes the engine's clock of the board's; None where they are one."""
        input_hz = Fraction(self.new_platform().default_clk_frequency)
        wanted_hz = Fraction(str(self.clock_mhz)) * 10**6
        return None if input_hz == wanted_hz else PLLS[self.family].find(input_hz, wanted_hz)

    @property
    def clock_hz(self) -> Fraction:
        """What the engine's clock really is."""
        pll = self.pll
        return Fraction(str(self.clock_mhz)) * 10**6 if pll is None else pll.frequency_hz

    @property
    def divisor(self) -> int:
        """Clock cycles of a bit of the UART."""
        return round(self.clock_hz / self.uart.baud)

    @property
    def suffix(self) -> str:
        """Of the bitstream's file."""
        return {"ecp5": ".bit", "ice40": ".bin", "gowin": ".fs"}[self.family]


def names() -> tuple[str, ...]:
    """List the boards, by name."""
    entries = (resources.files(__package__) / "data").iterdir()
    return tuple(sorted(entry.name[:-5] for entry in entries if entry.name.endswith(".toml")))


def find_board(name: str) -> Board:
    """Read a board.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in names():
        raise InputError(f"there is no board {name!r}; accepted are {', '.join(names())}")
    values = tomllib.loads((resources.files(__package__) / "data" / f"{name}.toml").read_text())
    parts = {"uart": Uart, "loader": Loader, "flash": Flash}
    made = {key: part(**values.pop(key)) for key, part in parts.items() if key in values}
    return Board(name=name, **made, **values)
