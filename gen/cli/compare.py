"""Holds a run of the Verilog against the reference: every value and every counter."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.cli.network import Network
from zeroleap.sim.runner import Run

__all__ = ["Difference", "differences"]


@dataclass(frozen=True)
class Difference:
    """Where two runs differ.

    Parameters
    ----------
    layer : str
        Name of the layer, or of the output.
    what : str
        ``"values"`` or the name of the counter.
    count : int
        How many values differ; 1 for a counter.
    index : tuple of int
        Of the first one; empty for a counter.
    expected, got : int or float
        Of the reference and of the Verilog.
    """

    layer: str
    what: str
    count: int
    index: tuple[int, ...]
    expected: Any
    got: Any

    def __str__(self) -> str:
        """Say it in one line."""
        found = f"expected {self.expected}, got {self.got}"
        if self.what != "values":
            return f"{self.layer}: {self.what}: {found}"
        return f"{self.layer}: {self.count} values differ, first at {list(self.index)}: {found}"


def differences(network: Network, expected: Run, got: Run) -> list[Difference]:
    """List where ``got`` is not what ``expected`` is, in the order of the layers."""
    found: list[Difference] = []
    for at, layer in enumerate(network.image.layers):
        name = layer.output
        if layer.computed:
            found += _values(layer.name, expected.layers.get(name), got.layers.get(name))
        counters = asdict(expected.counters[at]), asdict(got.counters[at])
        found += _counters(layer.name, *counters)
    for name in network.graph.outputs:
        found += _values(f"output {name}", expected.outputs[name], got.outputs.get(name))
    return found


def _values(
    layer: str, expected: npt.NDArray[Any] | None, got: npt.NDArray[Any] | None
) -> Iterable[Difference]:
    if expected is None or got is None:
        yield Difference(layer, "tensor", 1, (), expected is not None, got is not None)
    elif (expected.dtype, expected.shape) != (got.dtype, got.shape):
        described = [f"{array.dtype} {array.shape}" for array in (expected, got)]
        yield Difference(layer, "type and shape", 1, (), *described)
    else:
        unequal = np.argwhere(expected != got)
        if len(unequal):
            first = tuple(int(place) for place in unequal[0])
            pair = expected[first].item(), got[first].item()
            yield Difference(layer, "values", len(unequal), first, *pair)


def _counters(
    layer: str, expected: Mapping[str, int], got: Mapping[str, int]
) -> Iterable[Difference]:
    for name, value in expected.items():
        if got[name] != value:
            yield Difference(layer, name, 1, (), value, got[name])
