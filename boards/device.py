"""Stand-in: an engine between two pins, until there is a link."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.engine import Engine

__all__ = ["Device"]


class Device(wiring.Component):
    """Shifts requests in and the parity of the responses out."""

    rx: In(1)
    tx: Out(1)
    busy: Out(1)

    def __init__(self, config: EngineConfig, divisor: int) -> None:
        self._config = config
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.engine = engine = Engine(self._config)
        bits = Signal(len(engine.requests.payload.as_value()) + 2)
        m.d.sync += bits.eq(Cat(self.rx, bits))
        m.d.comb += [
            Cat(engine.requests.payload, engine.requests.valid, engine.responses.ready).eq(bits),
            self.busy.eq(engine.busy),
        ]
        m.d.sync += self.tx.eq(engine.responses.payload.xor() ^ engine.responses.valid)
        return m
