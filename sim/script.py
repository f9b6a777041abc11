"""What a run of a compiled network is to whoever plays requests: a simulator, or a board."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.image import Image
from zeroleap.gen.ir import Graph
from zeroleap.gen.passes.edges import split
from zeroleap.gen.transactions import Requests, command, read_counters, read_tensor, write_tensor
from zeroleap.hw.isa import COUNTERS, Command
from zeroleap.sim.builds import SimulationError
from zeroleap.sim.reference.network import check_inputs, run_operators
from zeroleap.sim.runner import Counters, Run, Tensors

__all__ = ["Answers", "Player", "run_script"]

Answers = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]
"""Words that answer requests, in order, and in the second array ones where bits are unknown."""

Player = Callable[[Requests], Answers]
"""Plays requests into an engine."""


def run_script(
    graph: Graph,
    image: Image,
    play: Player,
    batch: Sequence[Tensors],
    *,
    every_layer: bool,
    preamble: Sequence[Requests] = (),
) -> list[Run]:
    """Run one inference for each set of inputs; see :class:`zeroleap.sim.runner.Runner`.

    Parameters
    ----------
    graph : Graph
        Legalised; the host's operators at its edges are computed here.
    image : Image
        Compiled from it.
    play : Player
        Called once.
    preamble : sequence of Requests
        To be played first, none of which is answered: what loads the image.

    Raises
    ------
    ValueError
        If an input is missing, or an array is not of its tensor's type and shape.
    SimulationError
        If a value or counter that is read is unknown.
    """
    for inputs in batch:
        check_inputs(graph, inputs)
    before, _, after = split(graph)
    cores = [run_operators(graph, before, inputs) for inputs in batch]
    script = _Script(image)
    for inputs in cores:
        script.infer(inputs, every_layer=every_layer)
    answers = play(np.concatenate([*preamble, *script.parts]))

    runs = []
    for inputs, tensors, counters in zip(cores, *script.read(*answers), strict=True):
        known = run_operators(graph, after, {**inputs, **tensors})
        runs.append(
            Run(
                outputs={name: known[name] for name in graph.outputs},
                counters=counters,
                layers={layer.output: tensors[layer.output] for layer in image.layers}
                if every_layer
                else {},
            )
        )
    return runs


class _Script:
    """Requests, and what their answers mean."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self.parts: list[Requests] = []
        self._answers: list[tuple[str, int]] = []
        self._inferences = 0

    def infer(self, inputs: Tensors, *, every_layer: bool) -> None:
        """Write the inputs, run, read the outputs, or stop to read each layer's, and counters."""
        image = self._image
        self.parts += [write_tensor(image, name, inputs[name]) for name in image.inputs]
        if every_layer:
            for index, layer in enumerate(image.layers):
                self.parts.append(command(Command.RESUME if index else Command.STEP))
                if layer.computed:
                    self._read(layer.output)
        else:
            self.parts.append(command(Command.RUN))
            for name in image.outputs:
                self._read(name)
        for index in range(len(image.layers)):
            self.parts.append(read_counters(index))
            self._answers.append(("", self._inferences))
        self._inferences += 1

    def _read(self, name: str) -> None:
        self.parts.append(read_tensor(self._image, name))
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
