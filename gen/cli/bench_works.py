"""What ``zeroleap bench`` measures, layers and whole networks, and on which engines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zeroleap.gen.cli.bench_layers import LAYERS
from zeroleap.gen.cli.digits import digits_folder, find_digits
from zeroleap.gen.cli.inputs import read_inputs
from zeroleap.gen.cli.network import Network, compile_legal
from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Graph
from zeroleap.gen.passes import legalise
from zeroleap.hw.config import EngineConfig, Sparsity
from zeroleap.sim.runner import Tensors

__all__ = ["Work", "digits_works", "engine", "layer_works", "model_works"]

ROOMY = EngineConfig(
    sets=4,
    activation_bytes=262144,
    read_words=2,
    weight_bytes=16384,
    headers=2048,
    partial_sums=512,
    parameters=4096,
    program_words=8192,
    layers=256,
    queue_depth=16,
)
"""The memories that all engines have: room for every work, whatever an FPGA has."""


@dataclass(frozen=True, eq=False)
class Work:
    """One thing to measure.

    Parameters
    ----------
    name : str
        Of the layer or of the model's file.
    lanes : int
    graph : Graph
        Legalised.
    inputs : mapping of name to array
    """

    name: str
    lanes: int
    graph: Graph
    inputs: Tensors

    def compile(self, sparsity: Sparsity) -> Network:
        """Compile for the engine of this sparsity; `InputError` if it does not fit."""
        return compile_legal(Path(self.name), self.graph, engine(self.lanes, sparsity))


def engine(lanes: int, sparsity: Sparsity) -> EngineConfig:
    """Choose the engine: the memories of `ROOMY`, lanes in up to 4 groups of up to 4 sets."""
    groups = max(count for count in (1, 2, 4) if count == 1 or lanes % (4 * count) == 0)
    return replace(ROOMY, lanes=lanes, groups=groups, sparsity=sparsity)


def layer_works() -> list[Work]:
    """Make the layers."""
    works = []
    for layer in LAYERS:
        graph, values = layer.make()
        works.append(Work(layer.name, layer.lanes, legalise(graph), {graph.inputs[0]: values}))
    return works


def digits_works(lanes: Sequence[int]) -> list[Work]:
    """Make the demo's network, on its first held-out image; nothing where its files are not."""
    if digits_folder(None) is None:
        return []
    digits = find_digits(None)
    graph = legalise(load(digits.model))
    inputs = {graph.inputs[0]: digits.images[:1]}
    return [Work(digits.model.name, count, graph, inputs) for count in lanes]


def model_works(model: Path, files: str, lanes: Sequence[int]) -> list[Work]:
    """Make a network of the user's; `InputError` if it or its input is not accepted."""
    graph = legalise(load(model))
    inputs = read_inputs(files, graph)
    return [Work(model.name, count, graph, inputs) for count in lanes]
