"""How an operator of two maps is done on the way out of a layer."""

from collections.abc import Sequence
from dataclasses import dataclass

from zeroleap.gen.ir import Add, Graph, Maximum, Multiply, Requantization, Sum, Tensor
from zeroleap.gen.parameters import pack_steps, unit_parameter
from zeroleap.gen.steps import Step
from zeroleap.hw.isa import OPERAND_SHIFT, Combination

__all__ = ["Way", "way_out"]


@dataclass(frozen=True)
class Way:
    """What a layer's values are combined with, and how.

    Parameters
    ----------
    combination : Combination
    operand : str
    operand_zero_point, output_zero_point : int
    clamp : (int, int)
        Of the result.
    parameters : sequence of encoded `Parameter`
        Of the value, the operand and the result.
    """

    combination: Combination
    operand: str
    operand_zero_point: int
    output_zero_point: int
    clamp: tuple[int, int]
    parameters: Sequence[list[int]]


def way_out(graph: Graph, step: Step) -> Way | None:
    """Return what happens to the values of a step's layer; None if they are stored as they are."""
    operator, operand = step.combination, step.operand
    if operator is None or operand is None:
        return None
    value, other = graph.tensors[step.operator.output], graph.tensors[operand]
    target = graph.tensors[operator.output]
    if isinstance(operator, Sum):
        return _sum(operator, value, other, target, swapped=operator.inputs[0] == operand)
    if isinstance(operator, Multiply):
        return _product(operator, value, other, target)
    kind = Combination.MAXIMUM if isinstance(operator, Maximum) else Combination.MINIMUM
    return Way(kind, other.name, 0, 0, operator.clamp, [unit_parameter()] * 3)


def _sum(operator: Sum, value: Tensor, operand: Tensor, target: Tensor, *, swapped: bool) -> Way:
    factors = [operator.first, operator.second]
    tensors = [value, operand]
    scales = [
        _scale(factor, tensor.zero_point)
        for factor, tensor in zip(factors[:: -1 if swapped else 1], tensors, strict=True)
    ]
    difference = Combination.SUBTRACT_FROM if swapped else Combination.SUBTRACT
    return Way(
        Combination.ADD if isinstance(operator, Add) else difference,
        operand.name,
        0,
        target.zero_point,
        operator.clamp,
        [*scales, unit_parameter(operator.requantization)],
    )


def _product(operator: Multiply, value: Tensor, operand: Tensor, target: Tensor) -> Way:
    unshifted = pack_steps(-value.zero_point, 0, 31 - OPERAND_SHIFT, 0)
    return Way(
        Combination.MULTIPLY,
        operand.name,
        operand.zero_point,
        target.zero_point,
        operator.clamp,
        [unshifted, unit_parameter(), unit_parameter(operator.requantization)],
    )


def _scale(factor: Requantization, zero_point: int) -> list[int]:
    """Encode ``(x - zero_point) << LEFT_SHIFT``, scaled."""
    return pack_steps(-zero_point, int(factor.multiplier[0]), Sum.LEFT_SHIFT, -int(factor.shift[0]))
