"""Builds an engine for a Verilog simulator, once, and plays requests into it."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from zeroleap.gen.build import verilog_digest, write_verilog
from zeroleap.gen.synth.devices import Device
from zeroleap.gen.synth.netlist import netlist_digest, write_netlist
from zeroleap.gen.transactions import Requests
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import HostRequest
from zeroleap.sim.tools import icarus_environment, verilator_environment

__all__ = ["SimulationError", "Simulator", "SimulatorName"]

SimulatorName = Literal["verilator", "icarus"]

ENVIRONMENTS: Mapping[str, Callable[[], dict[str, str]]] = {
    "verilator": verilator_environment,
    "icarus": icarus_environment,
}
WAVEFORMS = {"verilator": "dump.vcd", "icarus": "harness.fst"}
KNOWN_BITS = str.maketrans("xzXZ", "0000")
UNKNOWN_BITS = str.maketrans("0123456789abcdefxzXZ", "0" * 16 + "f" * 4)
HARNESS = Path(__file__).parent / "harness.v"
LAUNCH = Path(__file__).parent / "launch.py"


class SimulationError(Exception):
    """A simulation that did not end as it should; the message holds its last lines."""


class Simulator:
    """The engine of one configuration in one simulator.

    Builds are kept in the user's cache folder (``$XDG_CACHE_HOME/zeroleap``), by the digest of all
    that goes into them, and are shared by processes.

    Parameters
    ----------
    config : EngineConfig
    name : "verilator" or "icarus"
    waves : bool
        Whether a waveform can be recorded; a build apart.
    device : Device
        Simulate the netlist that synthesis for this FPGA makes of the engine; else its Verilog.

    Raises
    ------
    InputError
        If the simulator, or a program that it needs, is missing.
    """

    def __init__(
        self,
        config: EngineConfig,
        name: SimulatorName,
        *,
        waves: bool = False,
        device: Device | None = None,
    ) -> None:
        self._name = name
        self._waves = waves
        self._device = device
        self._environment = ENVIRONMENTS[name]()
        self._folder = self._build(config)

    def play(
        self, requests: Requests, deadline: int, waveform: Path | None = None
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Play ``requests`` after a reset and return the words that answer them.

        The second array has ones where the simulator does not know a word's bits: the memories
        begin so in Icarus, and what fills up the last word of a pixel may never be written.

        Parameters
        ----------
        requests : uint64, shape (requests,)
        deadline : int, cycles
            Longest run.
        waveform : Path
            Where to keep the waveform: VCD from Verilator, FST from Icarus.

        Raises
        ------
        SimulationError
            If the run fails, or takes longer than ``deadline``.
        """
        with tempfile.TemporaryDirectory(prefix="zeroleap-") as name:
            folder = Path(name)
            np.savetxt(folder / "requests.hex", requests, fmt="%x")
            self._launch(
                folder,
                waves=waveform is not None,
                plusargs=[
                    f"+requests={folder / 'requests.hex'}",
                    f"+responses={folder / 'responses.hex'}",
                    f"+deadline={deadline}",
                    f"+dumpfile_path={folder / WAVEFORMS[self._name]}",
                ],
            )
            if waveform is not None:
                shutil.copyfile(folder / WAVEFORMS[self._name], waveform)
            answers = (folder / "responses.hex").read_text().split()
        words, unknown = (
            np.array([int(answer.translate(table), 16) for answer in answers], np.uint32)
            for table in (KNOWN_BITS, UNKNOWN_BITS)
        )
        return words, unknown

    def _build(self, config: EngineConfig) -> Path:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zeroleap"
        cache.mkdir(parents=True, exist_ok=True)
        recipe: list[object] = [verilog_digest(config), self._name, self._waves, sys.prefix]
        recipe += [netlist_digest(self._device)] if self._device else []
        recipe += [HARNESS.read_bytes(), LAUNCH.read_bytes(), version("verilator")]
        digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]
        folder = cache / f"{self._name}-{digest}"
        with (cache / f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "built").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                if self._device:
                    write_netlist(config, self._device, folder / "engine.v")
                else:
                    write_verilog(config, folder / "engine.v")
                request = HostRequest.as_shape()
                with tempfile.TemporaryDirectory(dir=cache) as name:
                    self._launch(
                        Path(name),
                        build=folder,
                        sources=[str(folder / "engine.v"), str(HARNESS)],
                        defines={
                            "REQUEST_BITS": request.size,
                            "WRITE_BIT": request["write"].offset,
                        },
                        waves=self._waves,
                    )
                (folder / "built").touch()
        return folder

    def _launch(self, folder: Path, build: Path | None = None, **job: Any) -> None:
        """Run ``sim.launch`` on a job in ``folder``."""
        job = {
            "simulator": self._name,
            "build": str(build or self._folder),
            "folder": str(folder),
            "sources": [],
            **job,
        }
        (folder / "job.json").write_text(json.dumps(job))
        child = subprocess.run(
            [sys.executable, "-m", "zeroleap.sim.launch", str(folder / "job.json")],
            env=self._environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if child.returncode:
            raise SimulationError(f"{self._name} failed:\n{child.stdout[-4000:]}")
