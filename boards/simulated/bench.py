"""Moves bytes between a pseudo-terminal and the serial pins in ``harness.v``."""

import contextlib
import os
import select
import tty
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Edge, Timer

__all__ = ["Wire", "serve"]

CLOCK_NS = 10
PAUSE_CYCLES = 500
CHUNK = 256


class Wire:
    """The line between the host and the board, which loses nothing.

    Parameters
    ----------
    dut : cocotb's handle of the harness
    """

    def __init__(self, dut) -> None:
        self.dut = dut

    async def to_board(self, byte: int) -> None:
        """Send a byte."""
        self.dut.to_send.value = byte
        self.dut.send.value = not self.dut.send.value
        await Edge(self.dut.sent)

    def to_host(self, byte: int) -> bytes:
        """Give what the host gets when the board sends a byte."""
        return bytes([byte])


async def serve(dut, wire: Wire) -> None:
    """Serve whoever opens the pseudo-terminal, until standard input ends.

    There is none before the board has read its flash.

    The argument ``port`` of the simulation names a file in which the pseudo-terminal's path is
    told, and ``heard`` one that has the number of bytes that the host has sent, whenever all of
    them are dealt with and none are to come. Simulated time stands still until there are more.
    """
    host, line = os.openpty()  # `line` stays open: the board does not go when a client does
    tty.setraw(line)
    os.set_blocking(host, False)
    dut.rst.value = 1
    for port in (dut.to_send, dut.send, dut.hold):
        port.value = 0
    Clock(dut.clk, CLOCK_NS, unit="ns").start()
    await Timer(5 * CLOCK_NS, unit="ns")
    dut.rst.value = 0
    while not dut.quiet.value:
        await _pause()
    came = bytearray()
    listening = cocotb.start_soon(_listen(dut, wire, came))
    heard = 0
    with Path(str(cocotb.plusargs["heard"])).open("wb", buffering=0) as tell:
        told = Path(str(cocotb.plusargs["port"]))
        told.with_suffix(".part").write_text(os.ttyname(line))
        told.with_suffix(".part").rename(told)
        while True:
            is_quiet = bool(dut.quiet.value)
            if came:
                with contextlib.suppress(BlockingIOError):  # nobody reads: lost, as on a real line
                    os.write(host, came)
                came.clear()
            if is_quiet:
                os.pwrite(tell.fileno(), heard.to_bytes(8, "little"), 0)
            ready, _, _ = select.select([0, host], [], [], None if is_quiet else 0)
            if 0 in ready and not os.read(0, 1):
                break
            if host in ready:
                chunk = os.read(host, CHUNK)
                for byte in chunk:
                    await wire.to_board(byte)
                heard += len(chunk)
            else:
                await _pause()
    listening.cancel()


async def _pause() -> None:
    await Timer(PAUSE_CYCLES * CLOCK_NS, unit="ns")


async def _listen(dut, wire: Wire, came: bytearray) -> None:
    while True:
        await Edge(dut.arrived)
        came += wire.to_host(int(dut.received.value))


@cocotb.test()
async def serves_a_clean_line(dut):
    """Serve a host over a wire without faults."""
    await serve(dut, Wire(dut))
