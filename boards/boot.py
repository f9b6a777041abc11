"""A serial port that is the host's once a flash has been read."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from zeroleap.boards.flash_reader import SPI, FlashReader
from zeroleap.boards.uart import SERIAL, Uart

__all__ = ["BootUart"]


class BootUart(wiring.Component):
    """A `Uart` before whose first bits come those of a flash, from reset on.

    The flash holds what a host would send, frame after frame, and the mark last. It is read until
    an answer says ``damaged``, as the first does to a blank flash, or there is a ``whole`` image:
    from then on all is as if there were no flash. Until then the host is not heard, and hears
    nothing, so that it takes no answer to the flash for one to itself.

    Parameters
    ----------
    divisor, silence : int
        Of the `Uart`; the flash is woken by the first silence and read after the second.
    address : int, 0..2**24-1
        Of the first frame in the flash.

    Members
    -------
    rx, tx, talk, send, i, step, o, done, broken, silent
        As of a `Uart`.
    spi : Out(SPI)
    damaged, whole : In(1)
        Of the `Responder`.
    """

    def __init__(self, divisor: int, silence: int, address: int) -> None:
        self._uart = Uart(divisor, silence)
        self._flash = FlashReader(address)
        super().__init__({**SERIAL, "spi": Out(SPI), "damaged": In(1), "whole": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.uart = uart = self._uart
        m.submodules.flash = flash = self._flash
        connect(m, flash.spi, flipped(self.spi))
        is_over = Signal()
        with m.If(self.damaged | (self.whole & ~self.talk)):
            m.d.sync += is_over.eq(1)
        m.d.comb += [
            flash.tick.eq(uart.silent),
            flash.pause.eq(self.talk),
            flash.end.eq(is_over),
            uart.rx.eq(self.rx | ~is_over),
            uart.talk.eq(self.talk),
            uart.send.eq(self.send),
            uart.i.eq(self.i),
            self.tx.eq(uart.tx | ~is_over),
            self.step.eq(uart.step | flash.step),
            self.o.eq(uart.o & (is_over | self.spi.i)),
            self.done.eq(uart.done | flash.done),
            self.broken.eq(uart.broken),
            self.silent.eq(uart.silent & is_over),
        ]
        return m
