"""A responder on a wire, with an engine that only remembers what it was asked."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from zeroleap.boards.boot import BootUart
from zeroleap.boards.crc import Crc
from zeroleap.boards.device import join
from zeroleap.boards.responder import Responder
from zeroleap.boards.uart import Uart
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Space

DIVISOR = 4
SILENCE = 16
BYTE = 10 * DIVISOR
CONFIG = EngineConfig(lanes=4)


class Link(wiring.Component):
    """All of a device but the engine; with a flash, if there is an address in it."""

    def __init__(self, image_at=None):
        super().__init__({})
        line = (DIVISOR, SILENCE)
        self.uart = Uart(*line) if image_at is None else BootUart(*line, image_at)
        self.crc = Crc()
        self.responder = Responder(CONFIG)

    def elaborate(self, platform):
        m = Module()
        m.submodules += [self.uart, self.crc, self.responder]
        join(m, self.uart, self.crc, self.responder)
        if isinstance(self.uart, BootUart):
            m.d.comb += self.uart.damaged.eq(self.responder.damaged)
            m.d.comb += self.uart.whole.eq(self.responder.whole)
        return m


class Host:
    """What a test does with the wire; the engine's side is in the attributes.

    Attributes
    ----------
    words : dict of (space, address) to word
    commands : list of int
    busy : bool
    """

    def __init__(self, ctx, link):
        self._ctx, self._link = ctx, link
        self.words, self.commands, self.busy = {}, [], False
        self._heard, self._bits, self._wait = [], [], 0

    async def pause(self, cycles):
        """Let time pass; what is received meanwhile is kept."""
        ctx, port, engine = self._ctx, self._link.uart, self._link.responder
        for _ in range(cycles):
            self._receive(ctx.get(port.tx))
            ctx.set(engine.engine_busy, self.busy)
            ctx.set(engine.requests.ready, not self.busy)
            ctx.set(engine.responses.valid, 0)
            if ctx.get(engine.requests.valid) and not self.busy:
                self._serve(ctx.get(engine.requests.payload))
            elif ctx.get(engine.responses.ready):
                ctx.set(engine.responses.valid, 1)
            await ctx.tick()

    def _serve(self, request):
        place = Space(request.space), request.address
        if not request.write:
            self._ctx.set(self._link.responder.responses.payload, self.words[place])
        elif place[0] == Space.CONTROL:
            self.commands.append(request.data & 3)
        else:
            self.words[place] = request.data

    def _receive(self, level):
        """Sample the middle of each bit."""
        if self._wait:
            self._wait -= 1
        elif self._bits or not level:
            self._wait = DIVISOR + (0 if self._bits else DIVISOR // 2) - 1
            self._bits.append(level)
            if len(self._bits) == 10:
                assert self._bits[0] == 0
                assert self._bits[9] == 1
                self._heard.append(sum(bit << at for at, bit in enumerate(self._bits[1:9])))
                self._bits, self._wait = [], 0

    async def send(self, data):
        for byte in data:
            for bit in (0, *(byte >> at & 1 for at in range(8)), 1):
                self._ctx.set(self._link.uart.rx, bit)
                await self.pause(DIVISOR)

    async def hold(self, cycles):
        """Hold the line low."""
        self._ctx.set(self._link.uart.rx, 0)
        await self.pause(cycles)
        self._ctx.set(self._link.uart.rx, 1)

    async def hear(self, cycles=4 * SILENCE * DIVISOR):
        """Give what comes until nothing has come for some time."""
        count = -1
        while count != len(self._heard):
            count = len(self._heard)
            await self.pause(cycles)
        heard, self._heard = bytes(self._heard), []
        return heard


def converse(talk, flash=None):
    """Run ``talk(host)`` from a reset on, if need be with a `FlashModel`."""
    link = Link(flash and flash.at)

    async def testbench(ctx):
        await talk(Host(ctx, link))

    async def play(ctx):
        await flash.play(ctx, link.uart.spi)

    simulator = Simulator(link)
    simulator.add_clock(1e-6)
    if flash is not None:
        simulator.add_testbench(play, background=True)
    simulator.add_testbench(testbench)
    simulator.run()
