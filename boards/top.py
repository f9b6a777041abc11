"""The whole FPGA: clock, pins of UART, flash and LED, and the device behind them."""

from typing import Any

from amaranth import ClockDomain, ClockSignal, Elaboratable, Instance, Module, ResetSignal
from amaranth.build import Attrs, Resource
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer
from amaranth_boards.resources import UARTResource

from zeroleap.boards.board import Board
from zeroleap.boards.device import Device

__all__ = ["Top"]


class Top(Elaboratable):
    """Connects a `Device` to a board's pins; has no ports, as its pins are the platform's.

    Parameters
    ----------
    board : Board
    """

    def __init__(self, board: Board) -> None:
        self._board = board

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        board = self._board
        flash = board.flash
        image_at = None if flash is None else flash.image_at
        m.submodules.device = device = Device(board.config, board.divisor, image_at=image_at)

        # Clock: the board's own, or the PLL's; without the latter the platform makes the domain.
        pll = board.pll
        if pll is not None:
            output, locked = pll.add(m, platform.request(platform.default_clk, dir="-"))
            m.domains.sync = ClockDomain()
            m.d.comb += ClockSignal().eq(output)
            m.submodules.reset = ResetSynchronizer(~locked)

        # UART.
        if board.uart.rx:
            platform.add_resources([extra_uart(board)])
        uart = request(platform, "uart")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [device.rx.eq(rx.i), tx.o.eq(device.tx)]

        # Flash.
        if flash is not None:
            has_clock = board.family != "ecp5"
            add_flash(m, platform, flash.resource, device.flash, has_clock=has_clock)

        # LED.
        name, _, part = board.led.partition(".")
        led = request(platform, name)
        m.submodules.led = busy = io.Buffer("o", getattr(led, part) if part else led)
        m.d.comb += busy.o.eq(device.busy)
        return m


def add_flash(m: Module, platform: Any, name: str, spi: Any, *, has_clock: bool) -> None:
    """Connect a flash; an ECP5's clock for it is no pin, but reached by a cell.

    Source: Lattice, *ECP5 and ECP5-5G sysCONFIG Usage Guide* (FPGA-TN-02039), on ``USRMCLK``; it
    wants a signal at ``USRMCLKTS``, not a constant.
    """
    known = platform.lookup(name)
    parts = [part for part in known.ios if has_clock or part.name != "clk"]
    platform.add_resources([Resource("image_flash", 0, *parts, known.attrs)])
    pins = request(platform, "image_flash")
    outputs = {"cs": spi.select, "clk": spi.clock, "copi": spi.o, "wp": 0, "hold": 0}
    for part in parts:
        is_input = part.name == "cipo"
        buffer = io.Buffer("i" if is_input else "o", getattr(pins, part.name))
        m.submodules[f"flash_{part.name}"] = buffer
        m.d.comb += spi.i.eq(buffer.i) if is_input else buffer.o.eq(outputs[part.name])
    if not has_clock:
        m.submodules.flash_clk = Instance(
            "USRMCLK", i_USRMCLKI=spi.clock, i_USRMCLKTS=ResetSignal(allow_reset_less=True)
        )


def request(platform: Any, name: str) -> Any:
    """Give the bare ports of a resource: the parts of one that has parts."""
    parts = platform.lookup(name).ios
    if hasattr(parts[0], "ios"):
        return platform.request(name, dir={part.name: "-" for part in parts})
    return platform.request(name, dir="-")


def extra_uart(board: Board) -> Any:
    """Describe a UART on a connector."""
    uart = board.uart
    connector = (uart.connector, 0)
    return UARTResource(0, rx=uart.rx, tx=uart.tx, conn=connector, attrs=Attrs(**uart.attributes))
