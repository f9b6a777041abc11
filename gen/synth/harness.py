"""A top of four pins around an engine, so that it is placed and routed as a part of a chip is."""

import re
from collections.abc import Mapping
from typing import Any

from amaranth import Cat, ClockDomain, ClockSignal, Instance, Module, Signal
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.gen.build import TOP

__all__ = ["HARNESS", "PINS", "Harness", "ports_of", "write_harness"]

HARNESS = "harness"
"""Name of the module."""

PINS = ("clk", "reset", "i", "o")
"""Names of its ports."""

CLOCK, RESET = "clk", "rst"

_MODULE = re.compile(rf"^module {TOP}\(.*?^endmodule$", re.MULTILINE | re.DOTALL)
_PORT = re.compile(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);$", re.MULTILINE)


def ports_of(verilog: str) -> dict[str, tuple[str, int]]:
    """Read direction (``input`` or ``output``) and width of the ports of an engine's Verilog.

    Raises
    ------
    ValueError
        If it has no module of the engine's name with a clock and a reset.
    """
    module = _MODULE.search(verilog)
    found = _PORT.findall(module[0]) if module else []
    ports = {name: (direction, int(highest or 0) + 1) for direction, highest, name in found}
    if not {CLOCK, RESET} <= ports.keys():
        raise ValueError(f"the Verilog must have a module {TOP!r} with {CLOCK!r} and {RESET!r}")
    return ports


class Harness(wiring.Component):
    """Shifts the engine's inputs in through one pin, and the parity of its outputs out of another.

    An engine has about a hundred ports, more than small packages have pins. Here each comes from a
    register and goes to a register, so that every path of the engine counts and nothing of it is
    optimised away. That takes a flip-flop a port, and a LUT and a flip-flop for each four outputs.

    Parameters
    ----------
    ports : mapping
        Of the engine, from `ports_of`.

    Members
    -------
    clk, reset : In(1)
        The reset is registered too: it reaches the engine as another block would give it.
    i : In(1)
        The next bit of the inputs.
    o : Out(1)
        The parity of all outputs, some cycles before.
    """

    FAN_IN = 4

    clk: In(1)
    reset: In(1)
    i: In(1)
    o: Out(1)

    def __init__(self, ports: Mapping[str, tuple[str, int]]) -> None:
        self._ports = ports
        super().__init__()

    def elaborate(self, platform: Any) -> Module:
        """Give inputs, engine and outputs, in this order."""
        m = Module()
        m.domains.sync = ClockDomain(reset_less=True)
        m.d.comb += ClockSignal().eq(self.clk)
        signals: dict[str, dict[str, Signal]] = {"input": {}, "output": {}}
        for name, (direction, width) in self._ports.items():
            if name not in (CLOCK, RESET):
                signals[direction][name] = Signal(width, name=name)

        reset = Signal()
        inputs = Cat(*signals["input"].values())
        m.d.sync += [reset.eq(self.reset), inputs.eq(Cat(self.i, inputs[:-1]))]

        m.submodules.engine = Instance(
            TOP,
            **{f"i_{CLOCK}": ClockSignal(), f"i_{RESET}": reset},
            **{f"i_{name}": signal for name, signal in signals["input"].items()},
            **{f"o_{name}": signal for name, signal in signals["output"].items()},
        )

        outputs = Cat(*signals["output"].values())
        level = Signal(len(outputs), name="outputs")
        m.d.sync += level.eq(outputs)
        while len(level) > 1:
            groups = [level[at : at + self.FAN_IN] for at in range(0, len(level), self.FAN_IN)]
            level = Signal(len(groups), name=f"parity_of_{len(level)}")
            m.d.sync += level.eq(Cat(group.xor() for group in groups))
        m.d.comb += self.o.eq(level)
        return m


def write_harness(verilog: str) -> str:
    """Give the harness of an engine's Verilog as RTLIL, the language of Yosys.

    Raises
    ------
    ValueError
        If that is no engine's Verilog.
    """
    text: str = rtlil.convert(Harness(ports_of(verilog)), name=HARNESS, emit_src=False)
    return text
