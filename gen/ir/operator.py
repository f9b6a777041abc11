"""What all operators have."""

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Operator"]


@dataclass(frozen=True, eq=False)
class Operator:
    """One step from ``inputs`` to ``output``, all names of tensors.

    ``name`` identifies the layer to the user; ``source`` is the operator as the model's file calls
    it (``"CONV_2D"``, ``"QLinearConv"``).
    """

    kind: ClassVar[str] = "operator"
    arity: ClassVar[int | None] = 1
    """Number of inputs; None: one or more."""

    name: str
    source: str
    inputs: tuple[str, ...]
    output: str

    @property
    def input(self) -> str:
        """The first input; most operators have no other."""
        return self.inputs[0]
