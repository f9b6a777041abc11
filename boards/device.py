"""What a board's bitstream has besides pins and clock: serial port, protocol, engine."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from zeroleap.boards.boot import BootUart
from zeroleap.boards.crc import Crc
from zeroleap.boards.flash_reader import SPI
from zeroleap.boards.responder import Responder
from zeroleap.boards.uart import Uart
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.engine import Engine

__all__ = ["SILENCE", "Device", "join"]

SILENCE = 4096
"""Bit times without a byte that end a frame: more than a host or its USB makes between two."""


class Device(wiring.Component):
    """An engine behind a serial port, and before it the flash that may hold an image.

    Parameters
    ----------
    config : EngineConfig
    divisor : int, at least 4
        Clock cycles of a bit on the wire.
    silence : int, a power of two, at least 16
        Bit times.
    image_at : int, 0..2**24-1
        Address of the image in a flash; None without one.

    Members
    -------
    rx : In(1)
        From the host; any clock.
    tx : Out(1)
        To the host.
    busy : Out(1)
        A program runs.
    flash : Out(SPI)
        If there is one.
    """

    def __init__(
        self,
        config: EngineConfig,
        divisor: int,
        silence: int = SILENCE,
        image_at: int | None = None,
    ) -> None:
        self._config = config
        self._line = (divisor, silence)
        self._image_at = image_at
        super().__init__(
            {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "busy": Out(1),
                **({} if image_at is None else {"flash": Out(SPI)}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = Crc()
        m.submodules.responder = responder = Responder(self._config)
        m.submodules.engine = engine = Engine(self._config)
        if self._image_at is None:
            m.submodules.uart = uart = Uart(*self._line)
        else:
            m.submodules.uart = uart = BootUart(*self._line, self._image_at)
            connect(m, uart.spi, flipped(self.flash))
            m.d.comb += uart.damaged.eq(responder.damaged)
            m.d.comb += uart.whole.eq(responder.whole)
        join(m, uart, crc, responder)
        m.d.comb += [
            uart.rx.eq(self.rx),
            self.tx.eq(uart.tx),
            responder.engine_busy.eq(engine.busy),
            self.busy.eq(engine.busy),
        ]
        connect(m, responder.requests, engine.requests)
        connect(m, engine.responses, responder.responses)
        return m


def join(m: Module, uart: Uart | BootUart, crc: Crc, responder: Responder) -> None:
    """Connect what a wire's bits pass: in and out, each also through the CRC."""
    m.d.comb += [
        uart.talk.eq(responder.talk),
        uart.send.eq(responder.send),
        uart.i.eq(responder.o),
        responder.i.eq(uart.o),
        responder.step.eq(uart.step),
        responder.done.eq(uart.done),
        responder.broken.eq(uart.broken),
        responder.silent.eq(uart.silent),
        crc.clear.eq(responder.crc_clear),
        crc.check.eq(responder.crc_check),
        crc.step.eq(uart.step),
        crc.i.eq(responder.crc_i),
        responder.crc_o.eq(crc.o),
        responder.crc_damaged.eq(crc.damaged),
    ]
