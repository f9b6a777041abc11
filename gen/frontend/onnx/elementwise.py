"""Add, Sub, Mul, Max and Min of two values, of which one may be a constant."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.onnx.function import function_of
from zeroleap.gen.frontend.onnx.layouts import (
    Operand,
    broadcast_shape,
    brought,
    common_order,
    part,
    placed,
)
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import (
    Constant,
    Function,
    Pending,
    QuantizedConstant,
    Real,
    Stored,
    Target,
    Value,
)
from zeroleap.gen.ir import Add, Elementwise, Maximum, Minimum, Multiply, Subtract, Tensor
from zeroleap.gen.quantization import (
    difference_requantizations,
    requantization,
    sum_requantizations,
)

__all__ = ["add", "maximum", "minimum", "multiply", "subtract"]

Reals: TypeAlias = npt.NDArray[np.float32]
Make: TypeAlias = Callable[[Node, tuple[Tensor, Tensor], Target, str], Elementwise]


def add(node: Node) -> Value:
    """Read Add: two values, or a MatMul and its bias."""
    node.attributes()
    values = (node.value(0), node.value(1))
    for result, constant in (values, values[::-1]):
        if isinstance(result, Pending) and result.biased is not None:
            if isinstance(constant, Constant | QuantizedConstant):
                return result.biased(constant)
            raise node.refuse(
                "adds to a MatMul what is no constant; a constant, or a QuantizeLinear between, is"
                " accepted"
            )
    return _of_two(node, np.add, _add)


def subtract(node: Node) -> Value:
    """Read Sub."""
    node.attributes()
    return _of_two(node, np.subtract, _subtract)


def multiply(node: Node) -> Value:
    """Read Mul."""
    node.attributes()
    return _of_two(node, np.multiply, _multiply)


def maximum(node: Node) -> Value:
    """Read Max of two."""
    node.attributes()
    return _extremum(node, np.maximum, Maximum)


def minimum(node: Node) -> Value:
    """Read Min of two."""
    node.attributes()
    return _extremum(node, np.minimum, Minimum)


def _of_two(node: Node, function: Callable[[Reals, Reals], Reals], make: Make) -> Value:
    """Read an operator that brings both operands to the result's scale itself."""
    found = _function(node, function)
    if found is not None:
        return found
    operands = tuple(_operand(node, position) for position in range(2))

    def finish(target: Target) -> Stored:
        shape = broadcast_shape(node, operands)
        order = common_order(operands, len(shape))
        names = [placed(node, operand, order) for operand in operands]
        first, second = (node.builder.tensors[name] for name in names)
        result = node.builder.result(target, tuple(shape[axis] for axis in order))
        try:
            operator = make(node, (first, second), target, result.name)
        except ValueError as error:
            raise node.refuse(str(error)) from None
        node.builder.operators.append(operator)
        return Stored(result.name, shape, order, shape, target.unsigned)

    return Pending(finish)


def _add(node: Node, operands: tuple[Tensor, Tensor], target: Target, output: str) -> Elementwise:
    first, second = operands
    factors = sum_requantizations(first.scale, second.scale, target.scale)
    names = (first.name, second.name)
    return Add(node.layer_name(), node.source, names, output, target.clamp, *factors)


def _subtract(
    node: Node, operands: tuple[Tensor, Tensor], target: Target, output: str
) -> Elementwise:
    first, second = operands
    factors = difference_requantizations(first.scale, second.scale, target.scale)
    names = (first.name, second.name)
    return Subtract(node.layer_name(), node.source, names, output, target.clamp, *factors)


def _multiply(
    node: Node, operands: tuple[Tensor, Tensor], target: Target, output: str
) -> Elementwise:
    first, second = operands
    factor = requantization([first.scale * second.scale / target.scale])
    names = (first.name, second.name)
    return Multiply(node.layer_name(), node.source, names, output, target.clamp, factor)


def _extremum(
    node: Node, function: Callable[[Reals, Reals], Reals], kind: type[Maximum | Minimum]
) -> Value:
    """Read an operator whose operands have the result's scale; they are brought to it first."""
    if len(node.proto.input) != 2:
        raise node.refuse(f"has {len(node.proto.input)} inputs; 2 are accepted")
    found = _function(node, function)
    if found is not None:
        return found
    parts = [part(node, position) for position in range(2)]

    def finish(target: Target) -> Stored:
        name = node.layer_name()
        operands = [brought(node, each, target) for each in parts]
        shape = broadcast_shape(node, operands)
        order = common_order(operands, len(shape))
        names = tuple(placed(node, operand, order, target) for operand in operands)
        result = node.builder.result(target, tuple(shape[axis] for axis in order))
        node.builder.operators.append(kind(name, node.source, names, result.name, target.clamp))
        return Stored(result.name, shape, order, shape, target.unsigned)

    return Pending(finish)


def _operand(node: Node, position: int) -> Operand:
    value = node.value(position)
    if isinstance(value, QuantizedConstant):
        return value
    return node.quantized_input(position).stored


def _function(node: Node, function: Callable[[Reals, Reals], Reals]) -> Function | None:
    """Return a function of one stored value, if there is but one and it, or a number, is real."""
    values = (node.value(0), node.value(1))
    stored = [value for value in values if isinstance(value, Real | Function)]
    numbers = [value for value in values if isinstance(value, Constant) and value.array.size == 1]
    if len(stored) + len(numbers) != 2 or not stored:
        return None
    if not numbers and all(isinstance(value, Real) for value in stored):
        return None
    if any(value.stored != stored[0].stored for value in stored):
        return None
    if any(number.array.ndim > len(stored[0].stored.shape) for number in numbers):
        return None  # it would add dimensions
    first, second = (_function_part(value) for value in values)
    return Function(stored[0].stored, lambda x: function(first(x), second(x)))


def _function_part(value: Value | None) -> Callable[[Reals], Reals]:
    if isinstance(value, Real | Function):
        return function_of(value).of
    number = np.float32(value.array.reshape(-1)[0]) if isinstance(value, Constant) else 0
    return lambda x: np.full_like(x, number)
