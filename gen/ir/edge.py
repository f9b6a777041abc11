"""Operators that the host does."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from zeroleap.gen.ir.operator import Operator
from zeroleap.gen.ir.tensor import Requantization

__all__ = ["ArgMax", "Dequantize", "LogSoftmax", "Quantize", "Softmax"]


@dataclass(frozen=True, eq=False)
class Softmax(Operator):
    """``exp(beta * x) / sum(exp(beta * x))`` over the last axis, as TensorFlow Lite's SOFTMAX.

    int8 to int8; the output's scale is 1/256 and its zero point -128. The kernel is in fixed point,
    and its steps are worked out from ``beta`` and the input's scale.

    Parameters
    ----------
    beta : float
        ``beta`` times the input's scale is more than `SMALLEST_STEP`, the kernel's own bound.
    """

    kind: ClassVar[str] = "softmax"
    SMALLEST_STEP: ClassVar[float] = 2.0**-26

    beta: float


@dataclass(frozen=True, eq=False)
class LogSoftmax(Operator):
    """``log(exp(x) / sum(exp(x)))`` over the last axis, as TensorFlow Lite's LOG_SOFTMAX.

    int8 to int8; the output's scale is 1/16 and its zero point 127. The kernel is in fixed point.
    """

    kind: ClassVar[str] = "log_softmax"


@dataclass(frozen=True, eq=False)
class ArgMax(Operator):
    """Index of the largest element along an axis, the first of several; int32 or int64.

    Parameters
    ----------
    axis : int
        0 or more; it is not in the output's shape.
    """

    kind: ClassVar[str] = "arg_max"

    axis: int


@dataclass(frozen=True, eq=False)
class Quantize(Operator):
    """To the output's type, scale and zero point, as TensorFlow Lite's QUANTIZE.

    From ``float32``: ``round(x / scale) + zero_point`` in float32, saturated, ``ties`` away from
    zero (TensorFlow Lite) or to even (ONNX); ``requantization`` is None. Between int8 and uint8:
    ``requantization`` (one channel) is the ratio of the two scales, and ``ties`` has no meaning.
    """

    kind: ClassVar[str] = "quantize"

    requantization: Requantization | None = None
    ties: Literal["away", "even"] = "away"


@dataclass(frozen=True, eq=False)
class Dequantize(Operator):
    """``(x - zero_point) * scale`` of the input, in float32."""

    kind: ClassVar[str] = "dequantize"
