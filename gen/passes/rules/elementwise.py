"""Rules of operators on each element."""

import numpy as np

from zeroleap.gen.ir import Elementwise, Maximum, Minimum, Multiply, Sum, Table, Tensor
from zeroleap.gen.passes.rules.common import (
    require,
    require_clamp,
    require_int8,
    require_requantization,
    require_same_quantization,
)

__all__ = ["verify_elementwise", "verify_extremum", "verify_multiply", "verify_sum", "verify_table"]


def verify_elementwise(
    operator: Elementwise, first: Tensor, second: Tensor, target: Tensor
) -> None:
    """Check what all operators of two tensors have in common."""
    require_int8(first, second, target)
    require_clamp(operator.clamp)
    try:
        expected = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise ValueError(
            f"inputs must fit each other, not {first.shape} and {second.shape}"
        ) from None
    require(target.shape == expected, f"output must have shape {expected}", target.shape)


def verify_sum(operator: Sum, first: Tensor, second: Tensor, target: Tensor) -> None:
    """Check an Add or a Subtract."""
    verify_elementwise(operator, first, second, target)
    for requantization in (operator.first, operator.second, operator.requantization):
        require_requantization(requantization, 1)
        require(requantization.shift[0] <= 0, "shifts must be 0 or less", requantization.shift)


def verify_multiply(operator: Multiply, first: Tensor, second: Tensor, target: Tensor) -> None:
    """Check a Multiply."""
    verify_elementwise(operator, first, second, target)
    require_requantization(operator.requantization, 1)


def verify_extremum(
    operator: Maximum | Minimum, first: Tensor, second: Tensor, target: Tensor
) -> None:
    """Check a Maximum or a Minimum."""
    verify_elementwise(operator, first, second, target)
    require_same_quantization(first, target)
    require_same_quantization(second, target)


def verify_table(operator: Table, source: Tensor, target: Tensor) -> None:
    """Check a Table."""
    require_int8(source, target)
    require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    require(
        operator.values.dtype == np.int8 and operator.values.shape == (256,),
        "values must be 256 of int8",
        (str(operator.values.dtype), operator.values.shape),
    )
