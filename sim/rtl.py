"""Runs a compiled network on its RTL, in a Verilog simulator."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.image import Image
from zeroleap.gen.ir import Graph
from zeroleap.gen.passes.edges import split
from zeroleap.gen.synth.devices import Device
from zeroleap.gen.transactions import (
    Requests,
    command,
    load_image,
    read_counters,
    read_tensor,
    write_tensor,
)
from zeroleap.hw.isa import COUNTERS, Command
from zeroleap.sim.cycles import most_cycles
from zeroleap.sim.reference.network import run_operators
from zeroleap.sim.runner import Counters, Run, Tensors
from zeroleap.sim.simulator import SimulationError, Simulator, SimulatorName

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
    device : Device
        Run the netlist for this FPGA instead of the Verilog.
    """

    def __init__(
        self,
        graph: Graph,
        image: Image,
        simulator: SimulatorName = "verilator",
        waveform: Path | None = None,
        device: Device | None = None,
    ) -> None:
        self._graph = graph
        self._image = image
        self._waveform = waveform
        self._simulator = Simulator(
            image.config, simulator, waves=waveform is not None, device=device
        )

    def run(self, batch: Sequence[Tensors], *, every_layer: bool = False) -> list[Run]:
        """Run one inference for each set of inputs; see :class:`zeroleap.sim.runner.Runner`."""
        before, _, after = split(self._graph)
        cores = [run_operators(self._graph, before, inputs) for inputs in batch]
        script = _Script(self._image)
        for inputs in cores:
            script.infer(inputs, every_layer=every_layer)
        answers, unknown = self._simulator.play(
            script.requests, _deadline(self._image, script, len(batch)), self._waveform
        )

        runs = []
        for inputs, tensors, counters in zip(cores, *script.read(answers, unknown), strict=True):
            known = run_operators(self._graph, after, {**inputs, **tensors})
            runs.append(
                Run(
                    outputs={name: known[name] for name in self._graph.outputs},
                    counters=counters,
                    layers={layer.output: tensors[layer.output] for layer in self._image.layers}
                    if every_layer
                    else {},
                )
            )
        return runs


class _Script:
    """Requests, and what their answers mean."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._parts: list[Requests] = [load_image(image)]
        self._answers: list[tuple[str, int]] = []
        self._inferences = 0

    @property
    def requests(self) -> Requests:
        return np.concatenate(self._parts)

    def infer(self, inputs: Tensors, *, every_layer: bool) -> None:
        """Write the inputs, run, read the outputs, or stop to read each layer's, and counters."""
        image = self._image
        self._parts += [write_tensor(image, name, inputs[name]) for name in image.inputs]
        if every_layer:
            for index, layer in enumerate(image.layers):
                self._parts.append(command(Command.RESUME if index else Command.STEP))
                if layer.computed:
                    self._read(layer.output)
        else:
            self._parts.append(command(Command.RUN))
            for name in image.outputs:
                self._read(name)
        for index in range(len(image.layers)):
            self._parts.append(read_counters(index))
            self._answers.append(("", self._inferences))
        self._inferences += 1

    def _read(self, name: str) -> None:
        self._parts.append(read_tensor(self._image, name))
        self._answers.append((name, self._inferences))

    def read(
        self, answers: npt.NDArray[np.uint32], unknown: npt.NDArray[np.uint32]
    ) -> tuple[list[dict[str, npt.NDArray[Any]]], list[tuple[Counters, ...]]]:
        """Return the tensors and the counters of each inference, all of whose bits are known."""
        tensors: list[dict[str, npt.NDArray[Any]]] = [{} for _ in range(self._inferences)]
        counters: list[list[Counters]] = [[] for _ in range(self._inferences)]
        position = 0
        for name, inference in self._answers:
            place = self._image.placements[name] if name else None
            words = place.words if place else len(COUNTERS)
            part = slice(position, position + words)
            position += words
            chunk, doubts = answers[part], unknown[part]
            if (place.unpack(doubts) if place else doubts).any():
                raise SimulationError(f"{name or 'a counter'} was read before it was written")
            if place:
                tensors[inference][name] = place.unpack(chunk)
            else:
                named: Mapping[str, int] = dict(zip(COUNTERS, chunk.tolist(), strict=True))
                counters[inference].append(Counters(**named))
        return tensors, [tuple(kept) for kept in counters]


def _deadline(image: Image, script: _Script, inferences: int) -> int:
    """Cycles after which the engine must hang."""
    requests = CYCLES_OF_A_REQUEST * len(script.requests)
    return RESET_CYCLES + requests + inferences * 2 * most_cycles(image)
