"""What the engine does at a time: a layer, and what is done to its values on the way out."""

from collections.abc import Iterator
from dataclasses import dataclass

from zeroleap.gen.ir import (
    Add,
    Convolution,
    DepthwiseConvolution,
    Elementwise,
    Graph,
    Operator,
    Sum,
)

__all__ = ["Step", "exchangeable", "mains", "steps_of"]


@dataclass(frozen=True, eq=False)
class Step:
    """A convolution or pool, and the operator of two maps that its values go through.

    Parameters
    ----------
    operator : Operator
        A Convolution, DepthwiseConvolution, MaxPool or AveragePool.
    combination : Elementwise or None
        Reads what ``operator`` writes, and nobody else does.
    """

    operator: Operator
    combination: Elementwise | None = None

    @property
    def operators(self) -> tuple[Operator, ...]:
        """All of them, in order."""
        return (self.operator, *([self.combination] if self.combination else []))

    @property
    def output(self) -> str:
        """The tensor that is stored."""
        return self.operators[-1].output

    @property
    def operand(self) -> str | None:
        """What the operator's values are combined with."""
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

    A step stands where the last of its operators stood. Of two layers that an operator may follow,
    it follows the one with more work.
    """
    joined = {
        operator.output: max(mains(graph, operator), key=_work)
        for operator in graph
        if isinstance(operator, Elementwise)
    }
    steps = []
    for operator in graph:
        if isinstance(operator, Elementwise):
            steps.append(Step(joined[operator.output], operator))
        elif operator not in joined.values():
            steps.append(Step(operator))
    return steps


def _work(operator: Operator) -> int:
    """Return the products of an output, about: the more, the less it waits for the operand."""
    if isinstance(operator, Convolution | DepthwiseConvolution):
        return operator.weights[0].size
    return 1


def mains(graph: Graph, operator: Elementwise) -> list[Operator]:
    """Return the layers on whose way out ``operator`` can be done, in the graph's order.

    Their output has its shape and no other reader, and is the first input of a difference.
    """
    return [
        writer for writer in _writers(graph, operator) if graph.consumers(writer.output) == [operator]
    ]


def exchangeable(operator: Elementwise) -> tuple[str, ...]:
    """Return the inputs that may be the first: both, but not of a difference."""
    is_difference = isinstance(operator, Sum) and not isinstance(operator, Add)
    return operator.inputs[:1] if is_difference else operator.inputs


def _writers(graph: Graph, operator: Elementwise) -> Iterator[Operator]:
    first, second = operator.inputs
    names = set(exchangeable(operator))
    if first == second:
        return
    for writer in graph:
        is_whole = graph.tensors[writer.output].shape == graph.tensors[operator.output].shape
        is_layer = not isinstance(writer, Elementwise)
        if writer.output in names and is_whole and is_layer and writer.output not in graph.outputs:
            yield writer
