"""Reads the bits of a SPI flash, from one place on."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["SPI", "FlashReader"]

SPI = wiring.Signature({"select": Out(1), "clock": Out(1), "o": Out(1), "i": In(1)})
"""Four wires to a flash; ``select`` is 1 while it is meant."""

WAKE, READ = 0xAB, 0x03
"""Commands of a flash: to leave its deep sleep, and to read from an address on."""

COMMAND_BITS = 32
"""A command, and an address of 24 bits."""

ADDRESSES = 1 << 24


class FlashReader(wiring.Component):
    """Wakes a flash, and gives the bits from an address on, each byte's highest first.

    The flash is sent `WAKE`, as an iCE40 puts it to sleep when it has its bitstream from it, and at
    the next ``tick`` `READ`; between the two it has a tick's time to wake, and a tick's from reset.
    It is read in SPI's mode 0, a bit in `CYCLES`: it changes its bit as the clock falls, and that
    is taken as the clock falls again. Source: data sheet of Winbond's W25Q128JV, 8.2, which others
    follow.

    Parameters
    ----------
    address : int, 0..2**24-1

    Members
    -------
    spi : Out(SPI)
    tick : In(1)
        Time passes: 100 us or more between two.
    pause : In(1)
        No bit comes in this cycle.
    end : In(1)
        No bit comes any more: the flash is let go.
    step : Out(1)
        In this cycle ``spi.i`` is a bit.
    done : Out(1)
        In the last cycle was a byte's last bit.

    Raises
    ------
    ValueError
        If the address has more than 24 bits.
    """

    CYCLES = 8

    spi: Out(SPI)
    tick: In(1)
    pause: In(1)
    end: In(1)
    step: Out(1)
    done: Out(1)

    def __init__(self, address: int) -> None:
        if not 0 <= address < ADDRESSES:
            raise ValueError(f"address must be in 0..{ADDRESSES - 1}, not {address!r}")
        self._address = address
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        phase, bit = Signal(range(self.CYCLES)), Signal(range(COMMAND_BITS))
        moves, is_sent = Signal(), Signal()
        is_awake, reads = Signal(), Signal()  # that was sent; READ was
        following = Signal(len(phase) + len(bit) + 1)
        m.d.comb += following.eq(Cat(phase, bit) + 1)
        m.d.comb += moves.eq(self.spi.select & ~self.pause)
        m.d.comb += is_sent.eq(moves & following[-1])
        with m.If(moves):
            m.d.sync += Cat(phase, bit).eq(following)
        with m.If(self.end | (is_sent & ~is_awake)):
            m.d.sync += self.spi.select.eq(0)
        with m.Elif(self.tick):
            m.d.sync += self.spi.select.eq(1)
        with m.If(is_sent):
            m.d.sync += [is_awake.eq(1), reads.eq(is_awake)]

        words = (command << COMMAND_BITS - 8 | self._address for command in (WAKE, READ))
        wake, read = (int(f"{word:0{COMMAND_BITS}b}"[::-1], 2) for word in words)
        with m.Switch(Cat(bit, is_awake)):
            for at in range(COMMAND_BITS):
                with m.Case(at):
                    m.d.comb += self.spi.o.eq(wake >> at)
                with m.Case(COMMAND_BITS + at):
                    m.d.comb += self.spi.o.eq(read >> at)
        m.d.comb += self.spi.clock.eq(phase[-1])

        m.d.comb += self.step.eq(moves & reads & phase.all())
        m.d.sync += self.done.eq(self.step & bit[:3].all())
        return m
