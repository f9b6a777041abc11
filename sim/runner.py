"""The one interface to everything that can run a network: reference, RTL simulation, board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

__all__ = ["Counters", "Run", "Runner", "Tensors"]

Tensors = Mapping[str, npt.NDArray[Any]]
"""Values by tensor name, in the tensor's own type and (channels last) shape."""


@dataclass(frozen=True)
class Counters:
    """What the engine counts in one layer.

    Parameters
    ----------
    cycles : int
        Clock cycles from the start of the layer to the start of the next.
    products : int
        Products of all lanes; in lanes in step, those with a weight that is zero too.
    words_read, words_written : int
        Accesses to the activation SRAM.
    """

    cycles: int
    products: int
    words_read: int
    words_written: int


@dataclass(frozen=True)
class Run:
    """One inference.

    Parameters
    ----------
    outputs : mapping of name to array
        The model's outputs.
    counters : tuple of Counters
        One for each layer of the image, in its order.
    layers : mapping of name to array
        Each layer's output tensor; empty unless asked for.
    """

    outputs: Tensors
    counters: tuple[Counters, ...]
    layers: Tensors


class Runner(Protocol):
    """Runs one compiled network."""

    def run(self, batch: Sequence[Tensors], *, every_layer: bool = False) -> list[Run]:
        """Run one inference for each set of inputs.

        Parameters
        ----------
        batch : sequence of mappings of name to array
            The model's inputs, by name.
        every_layer : bool
            Whether to return each layer's output as well.

        Raises
        ------
        ValueError
            If an input is missing, or an array is not of its tensor's type and shape.
        """
        ...
