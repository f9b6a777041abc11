"""Plays requests into the engine's Verilog, in a simulator."""

import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zeroleap.gen.build import verilog_digest, write_verilog
from zeroleap.gen.synth.netlist import Netlist
from zeroleap.gen.transactions import Requests
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import HostRequest
from zeroleap.sim.builds import Build, Design, SimulationError, SimulatorName

__all__ = ["SimulationError", "Simulator", "SimulatorName"]

WAVEFORMS = {"verilator": "dump.vcd", "icarus": "harness.fst"}
KNOWN_BITS = str.maketrans("xzXZ", "0000")
UNKNOWN_BITS = str.maketrans("0123456789abcdefxzXZ", "0" * 16 + "f" * 4)
BENCH = "zeroleap.sim.benches.engine"


class Simulator:
    """The engine of one configuration in one simulator; see :class:`zeroleap.sim.builds.Build`.

    Parameters
    ----------
    config : EngineConfig
    name : "verilator" or "icarus"
    waves : bool
        Whether a waveform can be recorded; a build apart.
    netlist : Netlist
        Simulate what an FPGA makes of the engine; else its Verilog.

    Raises
    ------
    InputError
        If the simulator, or a program that it or the netlist needs, is missing; or that fails.
    """

    def __init__(
        self,
        config: EngineConfig,
        name: SimulatorName,
        *,
        waves: bool = False,
        netlist: Netlist | None = None,
    ) -> None:
        self._name = name
        request = HostRequest.as_shape()
        digest, write = verilog_digest(config), partial(write_verilog, config)
        if netlist is not None:
            digest += netlist.digest
            write = partial(netlist.write, config)
        design = Design(
            digest=digest,
            write=write,
            harness=Path(__file__).parent / "harness.v",
            ports=("clk", "rst", "finished"),
            defines={"REQUEST_BITS": request.size, "WRITE_BIT": request["write"].offset},
        )
        self._build = Build(design, name, waves=waves)

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
            plusargs = [
                f"+requests={folder / 'requests.hex'}",
                f"+responses={folder / 'responses.hex'}",
                f"+deadline={deadline}",
                f"+dumpfile_path={folder / WAVEFORMS[self._name]}",
            ]
            self._build.start(folder, BENCH, plusargs, waves=waveform is not None).finish()
            if waveform is not None:
                shutil.copyfile(folder / WAVEFORMS[self._name], waveform)
            answers = (folder / "responses.hex").read_text().split()
        words, unknown = (
            np.array([int(answer.translate(table), 16) for answer in answers], np.uint32)
            for table in (KNOWN_BITS, UNKNOWN_BITS)
        )
        return words, unknown
