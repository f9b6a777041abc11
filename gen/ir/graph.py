"""Operators in order, and the tensors between them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from zeroleap.gen.ir.operator import Operator
from zeroleap.gen.ir.tensor import Tensor

__all__ = ["Graph"]


@dataclass(frozen=True, eq=False)
class Graph:
    """Operators in an order in which they can run, and the tensors between them.

    Parameters
    ----------
    name : str
        The model's name, for reports.
    tensors : mapping of name to Tensor
    inputs, outputs : tuple of str
        Names of tensors, in the model's order.
    operators : tuple of Operator
        Topologically sorted; every tensor is written once.
    constants : mapping of name to array
        Values, of their type and shape, of the tensors that are known before any input.
    """

    name: str
    tensors: Mapping[str, Tensor]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]
    constants: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Operator]:
        """Go through the operators in order."""
        return iter(self.operators)

    def consumers(self, tensor: str) -> list[Operator]:
        """Operators that read ``tensor``."""
        return [operator for operator in self.operators if tensor in operator.inputs]

    def producer(self, tensor: str) -> Operator | None:
        """Operator that writes ``tensor``; None for an input or constant of the graph."""
        return next((op for op in self.operators if op.output == tensor), None)
