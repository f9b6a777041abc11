"""Starts a simulated board, and says where its port is."""

import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from zeroleap.boards.device import Device
from zeroleap.gen.build import verilog_digest, write_component
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.builds import Build, Design, SimulationError

__all__ = ["SimulatedBoard"]

DIVISOR = 4
SILENCE = 64
"""Of the simulated board: less than of real ones, whose hosts take their time between bytes."""

BENCH = "zeroleap.boards.simulated.bench"
PORTS = ("clk", "rst", "to_send", "send", "hold", "sent", "received", "arrived", "quiet")
START_SECONDS = 60.0


class SimulatedBoard:
    """The whole of a board but for its pins, in Verilator, behind a pseudo-terminal.

    Parameters
    ----------
    config : EngineConfig
    bench : str
        Module of the cocotb bench that is the wire.
    plusargs : sequence of str
        For it.

    Attributes
    ----------
    path : Path
        Of the pseudo-terminal.

    Raises
    ------
    InputError
        If the simulator, or a program that it needs, is missing.
    SimulationError
        If it does not start.
    """

    def __init__(
        self, config: EngineConfig, bench: str = BENCH, plusargs: tuple[str, ...] = ()
    ) -> None:
        design = Design(
            digest=verilog_digest(config, sorted(Path(__file__).parents[1].glob("*.py"))),
            write=lambda path: write_component(Device(config, DIVISOR, SILENCE), "device", path),
            harness=Path(__file__).parent / "harness.v",
            ports=PORTS,
            defines={"DIVISOR": DIVISOR, "SILENCE": SILENCE},
        )
        build = Build(design, "verilator")
        self._folder = tempfile.TemporaryDirectory(prefix="zeroleap-")
        folder = Path(self._folder.name)
        port, self._heard = folder / "port", folder / "heard"
        self._started = build.start(
            folder, bench, [f"+port={port}", f"+heard={self._heard}", *plusargs]
        )
        deadline = time.monotonic() + START_SECONDS
        while not port.exists():
            if self._started.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise SimulationError("the simulated board did not start")
            time.sleep(0.01)
        self.path = Path(port.read_text())

    def heard(self) -> int:
        """Count the bytes that it was sent, as of when it last had nothing more to do or say."""
        return int.from_bytes(self._heard.read_bytes(), "little")

    def close(self) -> None:
        """End the simulation.

        Raises
        ------
        SimulationError
            If something went wrong in it.
        """
        try:
            self._started.finish()
        finally:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        """Give the board."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the simulation."""
        self.close()
