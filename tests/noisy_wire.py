"""A bench whose wire has faults, as many kinds as a cable has; see `zeroleap.boards.simulated`."""

import json
import random
from collections import Counter
from pathlib import Path

import cocotb
from cocotb.triggers import Timer

from zeroleap.boards.simulated.bench import CLOCK_NS, Wire, serve

BIT_NS = 4 * CLOCK_NS


class NoisyWire(Wire):
    """Damages each byte, in either direction, with the same chance.

    Faults: a bit flips, a byte is lost, one comes from nowhere, a burst makes noise of some bytes,
    the rest of a frame is missing, and towards the board the line is held low, for a part of a bit
    or for longer than a byte.
    """

    BOTH = ("flip", "lose", "insert", "burst", "truncate")
    TO_BOARD = (*BOTH, "spike", "break")

    def __init__(self, dut, seed, rate):
        super().__init__(dut)
        self.faults = Counter()
        self._random = random.Random(seed)
        self._rate = rate
        self._bursts, self._missing = Counter(), Counter()  # bytes to go, by direction

    async def to_board(self, byte):
        fault = self._fault("to board", self.TO_BOARD)
        if fault in ("spike", "break"):
            low = self._random.uniform(0.2, 2) if fault == "spike" else self._random.uniform(9, 40)
            cocotb.start_soon(self._hold(self._random.uniform(0, 10), low))
        for damaged in self._damage("to board", fault, byte):
            await super().to_board(damaged)

    def to_host(self, byte):
        fault = self._fault("to host", self.BOTH)
        return bytes(self._damage("to host", fault, byte))

    def _fault(self, direction, kinds):
        if self._random.random() >= self._rate:
            return None
        fault = self._random.choice(kinds)
        self.faults[f"{fault} {direction}"] += 1
        return fault

    def _damage(self, direction, fault, byte):
        """Give the bytes that arrive instead of one."""
        noise = self._random.randrange(256)
        if fault == "burst":
            self._bursts[direction] = self._random.randrange(2, 8)
        if fault == "truncate":
            self._missing[direction] = self._random.randrange(2, 40)
        if fault == "lose" or self._missing[direction]:
            self._missing[direction] = max(self._missing[direction] - 1, 0)
            return []
        if self._bursts[direction]:
            self._bursts[direction] -= 1
            return [noise]
        if fault == "insert":
            return [noise, byte]
        if fault == "flip":
            return [byte ^ 1 << noise % 8]
        return [byte]

    async def _hold(self, after, low):
        await Timer(max(1, round(after * BIT_NS)), unit="ns")
        self.dut.hold.value = 1
        await Timer(max(1, round(low * BIT_NS)), unit="ns")
        self.dut.hold.value = 0


@cocotb.test()
async def serves_a_noisy_line(dut):
    arguments = {name: str(cocotb.plusargs[name]) for name in ("seed", "rate", "faults")}
    wire = NoisyWire(dut, int(arguments["seed"]), float(arguments["rate"]))
    await serve(dut, wire)
    Path(arguments["faults"]).write_text(json.dumps(wire.faults))
