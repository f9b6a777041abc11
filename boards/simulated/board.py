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

IMAGE_AT = 0x51234
"""Address of the image in the flash."""

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
    flash : bytes
        What the flash holds at `IMAGE_AT`; elsewhere it is blank.

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
        self,
        config: EngineConfig,
        bench: str = BENCH,
        plusargs: tuple[str, ...] = (),
        flash: bytes = b"",
    ) -> None:
        here = Path(__file__).parent
        design = Design(
            digest=verilog_digest(config, sorted(here.parent.glob("*.py"))),
            write=lambda path: write_component(
                Device(config, DIVISOR, SILENCE, IMAGE_AT), "device", path
            ),
            harness=here / "harness.v",
            ports=PORTS,
            defines={"DIVISOR": DIVISOR, "SILENCE": SILENCE, "IMAGE_AT": IMAGE_AT},
            others=(here / "spi_flash.v",),
        )
        build = Build(design, "verilator")
        self._folder = tempfile.TemporaryDirectory(prefix="zeroleap-")
        folder = Path(self._folder.name)
        port, self._heard = folder / "port", folder / "heard"
        image = folder / "flash"
        image.write_bytes(flash)
        files = [f"+port={port}", f"+heard={self._heard}", f"+flash={image}"]
        self._started = build.start(folder, bench, [*files, *plusargs])
        deadline = time.monotonic() + START_SECONDS
        while not port.exists():
            if not self.is_running() or time.monotonic() > deadline:
                self.close()
                raise SimulationError("the simulated board did not start")
            time.sleep(0.01)
        self.path = Path(port.read_text())

    def is_running(self) -> bool:
        """Tell whether the simulation is under way."""
        return self._started.process.poll() is None

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
