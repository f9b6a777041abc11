"""What the engine does at a time: a layer, and what is done to its values on the way out."""

from dataclasses import dataclass

from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Elementwise,
    Graph,
    MaxPool,
    Operator,
    Reshape,
    Table,
)
from zeroleap.hw.config import WORD_BYTES

__all__ = ["LAYERS", "Step", "followed", "is_alias", "steps_of"]

LAYERS = (Convolution, DepthwiseConvolution, MaxPool, AveragePool)
"""What has a way out of its own."""


@dataclass(frozen=True, eq=False)
class Step:
    """A layer or a copy, and the operators that a layer's values go through.

    Parameters
    ----------
    operator : Operator
    combination : Elementwise or None
        Reads what ``operator`` writes, and nobody else does.
    table : Table or None
        The same of what comes before it.
    """

    operator: Operator
    combination: Elementwise | None = None
    table: Table | None = None

    @property
    def operators(self) -> tuple[Operator, ...]:
        """All of them, in order."""
        followers = (self.combination, self.table)
        return (self.operator, *(each for each in followers if each is not None))

    @property
    def output(self) -> str:
        """The tensor that is stored."""
        return self.operators[-1].output

    @property
    def operand(self) -> str | None:
        """What the layer's values are combined with."""
        if self.combination is None:
            return None
        first, second = self.combination.inputs
        return second if first == self.operator.output else first

    @property
    def inputs(self) -> tuple[str, ...]:
        """Tensors that are read: the operator's, and the operand."""
        return (*self.operator.inputs, *([self.operand] if self.operand else []))


def steps_of(graph: Graph) -> list[Step]:
    """Return the steps of a legalised graph, in an order in which they can run.

    A step stands where the last of its operators stood. An alias is none.
    """
    steps: dict[str, Step] = {}
    for operator in graph:
        if is_alias(graph, operator):
            continue
        before = followed(graph, operator)
        step = Step(operator) if before is None else steps.pop(before.output)
        if isinstance(operator, Elementwise):
            step = Step(step.operator, operator)
        elif isinstance(operator, Table):
            step = Step(step.operator, step.combination, operator)
        steps[operator.output] = step
    return list(steps.values())


def is_alias(graph: Graph, operator: Operator) -> bool:
    """Tell whether it is a Reshape of a map to one whose bytes lie in the same places."""
    if not isinstance(operator, Reshape):
        return False
    shapes = [graph.tensors[name].shape for name in (operator.input, operator.output)]
    if any(len(shape) != 4 for shape in shapes):
        return False
    channels = [shape[3] for shape in shapes]
    return channels[0] == channels[1] or not any(count % WORD_BYTES for count in channels)


def followed(graph: Graph, operator: Operator) -> Operator | None:
    """Return the operator on whose way out an Elementwise or a Table is done; None for the others.

    It is the only reader of that one's output, which has its shape. Of two, it follows the one with
    more work.
    """
    if isinstance(operator, Table):
        accepted: tuple[type[Operator], ...] = (*LAYERS, Elementwise)
    elif isinstance(operator, Elementwise):
        accepted = LAYERS
    else:
        return None
    writers = [
        writer for name in dict.fromkeys(operator.inputs) if (writer := graph.producer(name))
    ]
    able = [
        writer
        for writer in writers
        if isinstance(writer, accepted)
        and writer.output not in graph.outputs
        and graph.consumers(writer.output) == [operator]
        and operator.inputs.count(writer.output) == 1
        and graph.tensors[writer.output].shape == graph.tensors[operator.output].shape
    ]
    return max(able, key=_work, default=None)


def _work(operator: Operator) -> int:
    """Return the products of an output, about: the more, the less it waits for the operand."""
    if isinstance(operator, Convolution | DepthwiseConvolution):
        return operator.weights[0].size
    return 1
