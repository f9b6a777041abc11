"""Runs a compiled network on its RTL, in a Verilog simulator."""

from collections.abc import Sequence
from pathlib import Path

from zeroleap.gen.image import Image
from zeroleap.gen.ir import Graph
from zeroleap.gen.synth.netlist import Netlist
from zeroleap.gen.transactions import Requests, load_image
from zeroleap.sim.cycles import most_cycles
from zeroleap.sim.runner import Run, Tensors
from zeroleap.sim.script import Answers, run_script
from zeroleap.sim.simulator import Simulator, SimulatorName

__all__ = ["RtlRunner"]

CYCLES_OF_A_REQUEST = 4
RESET_CYCLES = 20_000
"""Generous, for deadlines only."""


class RtlRunner:
    """Runs inferences in a simulation of the engine's Verilog: a `Runner`.

    Parameters
    ----------
    graph : Graph
        Legalised; the host's operators at its edges are computed here.
    image : Image
        Compiled from it.
    simulator : "verilator" or "icarus"
    waveform : Path
        Where to keep the waveform of the run; none by default.
    netlist : Netlist
        Run what an FPGA makes of the engine, instead of its Verilog.
    """

    def __init__(
        self,
        graph: Graph,
        image: Image,
        simulator: SimulatorName = "verilator",
        waveform: Path | None = None,
        netlist: Netlist | None = None,
    ) -> None:
        self._graph = graph
        self._image = image
        self._waveform = waveform
        self._simulator = Simulator(
            image.config, simulator, waves=waveform is not None, netlist=netlist
        )

    def run(self, batch: Sequence[Tensors], *, every_layer: bool = False) -> list[Run]:
        """Run one inference for each set of inputs; see :class:`zeroleap.sim.runner.Runner`."""

        def play(requests: Requests) -> Answers:
            deadline = RESET_CYCLES + CYCLES_OF_A_REQUEST * len(requests)
            deadline += len(batch) * 2 * most_cycles(self._image)  # it must hang
            return self._simulator.play(requests, deadline, self._waveform)

        load = [load_image(self._image)]
        return run_script(
            self._graph, self._image, play, batch, every_layer=every_layer, preamble=load
        )
