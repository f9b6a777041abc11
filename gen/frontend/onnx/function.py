"""Functions of one value, element by element: a table, once it is known to which scale.

What stands between a DequantizeLinear and the next QuantizeLinear and depends on nothing else is
one function, of however many operators. Alone, it is TensorFlow Lite's integer kernel.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from zeroleap.gen import tables
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Function, Kernel, Real, Value
from zeroleap.gen.ir import Tensor

__all__ = ["elu", "function_of", "hard_sigmoid", "hard_swish", "leaky_relu", "sigmoid", "tanh"]

Reals = npt.NDArray[np.float32]


def leaky_relu(node: Node) -> Value:
    """Read LeakyRelu."""
    alpha = np.float32(node.attributes(alpha=0.01)["alpha"])

    def kernel(source: Tensor, target: Tensor) -> npt.NDArray[np.int8]:
        return tables.leaky_relu(source, target, float(alpha))

    return _applied(node, lambda x: np.where(x < 0, alpha * x, x), kernel)


def sigmoid(node: Node) -> Value:
    """Read Sigmoid."""
    node.attributes()

    def kernel(source: Tensor, target: Tensor) -> npt.NDArray[np.int8] | None:
        is_kernels = (target.scale, target.zero_point) == (1 / 256, -128)
        return tables.logistic(source) if is_kernels else None

    return _applied(node, lambda x: np.float32(1) / (np.float32(1) + np.exp(-x)), kernel)


def tanh(node: Node) -> Value:
    """Read Tanh."""
    node.attributes()

    def kernel(source: Tensor, target: Tensor) -> npt.NDArray[np.int8] | None:
        is_kernels = (target.scale, target.zero_point) == (1 / 128, 0)
        return tables.tanh(source) if is_kernels else None

    return _applied(node, np.tanh, kernel)


def hard_swish(node: Node) -> Value:
    """Read HardSwish."""
    node.attributes()
    sixth, half = np.float32(1 / 6), np.float32(0.5)
    return _applied(node, lambda x: x * np.clip(x * sixth + half, 0, 1), tables.hard_swish)


def hard_sigmoid(node: Node) -> Value:
    """Read HardSigmoid."""
    attributes = node.attributes(alpha=0.2, beta=0.5)
    alpha, beta = (np.float32(attributes[name]) for name in ("alpha", "beta"))
    return _applied(node, lambda x: np.clip(alpha * x + beta, 0, 1))


def elu(node: Node) -> Value:
    """Read Elu."""
    alpha = np.float32(node.attributes(alpha=1.0)["alpha"])
    return _applied(node, lambda x: np.where(x < 0, alpha * np.expm1(x), x))


def function_of(value: Real | Function) -> Function:
    """Return ``value`` as a function of what is stored."""
    low, high = value.low, value.high
    if not isinstance(value, Function):
        return Function(value.stored, lambda x: np.clip(x, low, high))
    inner = value.of
    return Function(value.stored, lambda x: np.clip(inner(x), low, high))


def _applied(
    node: Node, function: Callable[[Reals], Reals], kernel: Kernel | None = None
) -> Function:
    value = node.value(0)
    if not isinstance(value, Real | Function):
        value = node.quantized_input()
    inner = function_of(value)
    is_alone = isinstance(value, Real) and (value.low, value.high) == (-np.inf, np.inf)
    return Function(inner.stored, lambda x: function(inner.of(x)), kernel if is_alone else None)
