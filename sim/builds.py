"""Builds designs for a Verilog simulator, each once, and runs them."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from zeroleap.sim.tools import icarus_environment, verilator_environment

__all__ = ["ENVIRONMENTS", "Build", "Design", "SimulationError", "SimulatorName", "Started"]

SimulatorName = Literal["verilator", "icarus"]

ENVIRONMENTS: Mapping[str, Callable[[], dict[str, str]]] = {
    "verilator": verilator_environment,
    "icarus": icarus_environment,
}
LAUNCH = Path(__file__).parent / "launch.py"

LEFTOVERS = (".gch", ".o", ".a")
"""Suffixes of a build's files that only its making needs: of 156 MB, 145 are headers, compiled."""


class SimulationError(Exception):
    """A simulation that did not end as it should; the message holds its last lines."""


@dataclass(frozen=True)
class Design:
    """What there is to simulate.

    Parameters
    ----------
    digest : str
        Changes with all that the Verilog is made from.
    write : callable
        Writes that Verilog to a path; called if there is no build of it yet.
    harness : Path
        Verilog whose module ``harness`` is the top.
    ports : tuple of str
        What the bench reads and writes of it.
    defines : mapping
        For the harness.
    others : tuple of Path
        Verilog that the harness uses as well.
    """

    digest: str
    write: Callable[[Path], None]
    harness: Path
    ports: tuple[str, ...]
    defines: Mapping[str, int]
    others: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Started:
    """A simulation that runs: its process, whose standard input it may watch, and what it says."""

    process: subprocess.Popen[str]
    log: Path
    simulator: str

    def finish(self) -> None:
        """Wait for the end.

        Raises
        ------
        SimulationError
            If it is not a good one.
        """
        self.process.communicate()
        if self.process.returncode:
            said = self.log.read_text(errors="replace")
            raise SimulationError(f"{self.simulator} failed:\n{said[-4000:]}")


class Build:
    """A design in one simulator.

    Builds are kept in the user's cache folder (``$XDG_CACHE_HOME/zeroleap``), by the digest of all
    that goes into them, and are shared by processes.

    Parameters
    ----------
    design : Design
    name : "verilator" or "icarus"
    waves : bool
        Whether a waveform can be recorded; a build apart.

    Raises
    ------
    InputError
        If the simulator, or a program that it needs, is missing.
    """

    def __init__(self, design: Design, name: SimulatorName, *, waves: bool = False) -> None:
        self._name = name
        self._waves = waves
        self._environment = ENVIRONMENTS[name]()
        self._folder = self._build(design)

    def start(
        self, folder: Path, bench: str, plusargs: Sequence[str] = (), *, waves: bool = False
    ) -> Started:
        """Run a cocotb bench on it, in a process of its own.

        Parameters
        ----------
        folder : Path
            For its files; must stay until it is finished.
        bench : str
            Name of the module.
        plusargs : sequence of str
        waves : bool
            Whether to record them in this run.
        """
        return self._launch(folder, bench=bench, plusargs=list(plusargs), waves=waves)

    def _build(self, design: Design) -> Path:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zeroleap"
        cache.mkdir(parents=True, exist_ok=True)
        recipe: list[object] = [design.digest, self._name, self._waves, sys.prefix]
        recipe += [design.harness.read_bytes(), sorted(design.defines.items()), design.ports]
        recipe += [LAUNCH.read_bytes(), version("verilator")]
        recipe += [path.read_bytes() for path in design.others]
        digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]
        folder = cache / f"{self._name}-{digest}"
        with (cache / f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "built").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                design.write(folder / "design.v")
                with tempfile.TemporaryDirectory(dir=cache) as name:
                    self._launch(
                        Path(name),
                        build=str(folder),
                        sources=[
                            str(path)
                            for path in (folder / "design.v", design.harness, *design.others)
                        ],
                        ports=design.ports,
                        defines=dict(design.defines),
                        waves=self._waves,
                    ).finish()
                for path in folder.iterdir():
                    if path.suffix in LEFTOVERS:
                        path.unlink()
                (folder / "built").touch()
        return folder

    def _launch(self, folder: Path, **job: Any) -> Started:
        """Start ``sim.launch`` on a job in ``folder``."""
        if "build" not in job:
            job["build"] = str(self._folder)
        job = {"simulator": self._name, "folder": str(folder), "sources": [], **job}
        (folder / "job.json").write_text(json.dumps(job))
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "zeroleap.sim.launch", str(folder / "job.json")],
                env=self._environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        return Started(process, folder / "log", self._name)
