"""A SPI flash in a few lines of Python, as the data sheet of Winbond's W25Q128JV has it."""


class FlashModel:
    """Hears what is sent while it is selected, and reads its content from an address on.

    Parameters
    ----------
    content : bytes
    at : int
        Its address; elsewhere the flash is blank.

    Attributes
    ----------
    heard : list of list of int
        The bits of each time it was selected, as of the clock's rising edges.
    """

    def __init__(self, content=b"", at=0):
        self.content, self.at = content, at
        self.heard = []
        self._was_selected, self._was_high = 0, 0

    def follow(self, select, clock, bit):
        """Take the wires' levels in a cycle, and give its own; None if that has not changed."""
        driven = None
        if select and not self._was_selected:
            self.heard.append([])
        if select and clock and not self._was_high:
            self.heard[-1].append(bit)
        if select and self._was_high and not clock:
            driven = self._bit()
        self._was_selected, self._was_high = select, clock
        return driven

    def _bit(self):
        heard = self.heard[-1]
        if len(heard) < 32 or number(heard[:8]) != 0x03:
            return 1
        byte, place = divmod(len(heard) - 32, 8)
        at = number(heard[8:32]) + byte - self.at
        return self.content[at] >> 7 - place & 1 if 0 <= at < len(self.content) else 1

    async def play(self, ctx, spi):
        """Be at the end of the wires of ``spi``, cycle by cycle."""
        while True:
            driven = self.follow(ctx.get(spi.select), ctx.get(spi.clock), ctx.get(spi.o))
            if driven is not None:
                ctx.set(spi.i, driven)
            await ctx.tick()


def number(bits):
    """Give the number of bits, the highest first."""
    return int("".join(map(str, bits)), 2)
