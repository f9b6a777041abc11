"""The whole FPGA: clock, UART pins and LED of a board, and the device behind them."""

from typing import Any

from amaranth import ClockDomain, ClockSignal, Elaboratable, Module
from amaranth.build import Attrs
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
        m.submodules.device = device = Device(board.config, board.divisor)

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

        # LED.
        name, _, part = board.led.partition(".")
        led = request(platform, name)
        m.submodules.led = busy = io.Buffer("o", getattr(led, part) if part else led)
        m.d.comb += busy.o.eq(device.busy)
        return m


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
