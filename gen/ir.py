"""The graph between the frontends and everything else: quantised tensors and what is done to them.

Numbers mean what TensorFlow Lite's int8 specification says. Tensors are in its layout, channels
last (``batch, height, width, channels`` or ``batch, channels``), whatever the file's layout was.
Scales have already become integer multipliers: nothing after the frontends computes in floating
point.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "Add",
    "ArgMax",
    "AveragePool",
    "Concatenate",
    "Convolution",
    "DepthwiseConvolution",
    "Dequantize",
    "Elementwise",
    "FullyConnected",
    "Graph",
    "LogSoftmax",
    "MaxPool",
    "Maximum",
    "Minimum",
    "Multiply",
    "Operator",
    "Pad",
    "Padding",
    "Pool",
    "Quantize",
    "Requantization",
    "Reshape",
    "Resize",
    "Slice",
    "Softmax",
    "Subtract",
    "Sum",
    "Table",
    "Tensor",
    "Transpose",
]


@dataclass(frozen=True)
class Tensor:
    """A value that flows through the graph, or one of its constants.

    Weights, biases and tables are none: they live in the operators that use them.

    Parameters
    ----------
    name : str
        Unique in its graph; the model's own name for it.
    shape : tuple of int
        Channels last, batch included.
    dtype : str
        ``"int8"``, ``"uint8"`` or ``"float32"``; for indices ``"int32"`` or ``"int64"``.
    scale : float
        Real value of one step; 1.0 where nothing is quantised.
    zero_point : int
        The integer that stands for real 0; 0 where nothing is quantised.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "int8"
    scale: float = 1.0
    zero_point: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Padding:
    """Rows and columns of the input's zero point around a map."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True, eq=False)
class Requantization:
    """From accumulators back to 8 bits, a scale for each output channel.

    ``real scale = multiplier / 2**31 * 2**shift``, applied with both roundings of TensorFlow Lite's
    ``MultiplyByQuantizedMultiplier``. ``multiplier`` is int32 in 0..2**31-1, ``shift`` int32 in
    -31..30; both have shape (out_channels,). But for an AveragePool's, whose kernel divides the
    multiplier by the window's size, ``multiplier`` is 0 or 2**30 and more.
    """

    multiplier: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int32]


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


@dataclass(frozen=True, eq=False)
class Convolution(Operator):
    """Two-dimensional convolution, bias, requantisation, clamp.

    Parameters
    ----------
    weights : int8, shape (out_channels, kernel_height, kernel_width, in_channels)
        Zero point 0.
    bias : int32, shape (out_channels,)
        Added to the sum of ``(activation - zero_point) * weight``.
    stride : (int, int)
        Down and across.
    padding : Padding
    requantization : Requantization
    clamp : (int, int)
        Smallest and largest output; this is also where ReLU and ReLU6 are.
    dilation : (int, int)
        Rows and columns of the map from one tap of the kernel to the next.
    groups : int
        The channels of input and output are in so many groups of equal sizes; those of an output
        group see only the input group of the same number, whose channels are the weights'
        ``in_channels``.
    """

    kind: ClassVar[str] = "conv"

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    stride: tuple[int, int]
    padding: Padding
    requantization: Requantization
    clamp: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1


@dataclass(frozen=True, eq=False)
class DepthwiseConvolution(Operator):
    """Two-dimensional convolution of each channel with a kernel of its own, as `Convolution`.

    Parameters
    ----------
    weights : int8, shape (channels, kernel_height, kernel_width)
        Zero point 0; output channel ``i`` has input channel ``i`` for its only input.
    bias : int32, shape (channels,)
    stride : (int, int)
        Down and across.
    padding : Padding
    requantization : Requantization
    clamp : (int, int)
    dilation : (int, int)
    """

    kind: ClassVar[str] = "depthwise"

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    stride: tuple[int, int]
    padding: Padding
    requantization: Requantization
    clamp: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)


@dataclass(frozen=True, eq=False)
class FullyConnected(Operator):
    """Dense layer over the flattened input.

    Parameters
    ----------
    weights : int8, shape (out_channels, in_size)
        Zero point 0; ``in_size`` divides the size of the input, in its own (channels last) order.
    bias : int32, shape (out_channels,)
    requantization : Requantization
    clamp : (int, int)
    """

    kind: ClassVar[str] = "dense"

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    requantization: Requantization
    clamp: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Pool(Operator):
    """A window slid over each channel; padding takes no part.

    Scale and zero point stay, but for an AveragePool with its own requantisation.

    Parameters
    ----------
    window, stride : (int, int)
        Down and across.
    padding : Padding
    clamp : (int, int)
    """

    window: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding
    clamp: tuple[int, int]


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """Largest value in the window."""

    kind: ClassVar[str] = "max_pool"


@dataclass(frozen=True, eq=False)
class AveragePool(Pool):
    """Mean of the values in the window that are not padding, halves rounded away from zero.

    With ``requantization`` (one channel; padding must be 0) the scale or zero point changes on the
    way: ``requantization`` of the sum of ``(activation - zero_point)`` over the window, plus the
    output's zero point, clamped. Its real scale includes the division by the window's size.
    """

    kind: ClassVar[str] = "average_pool"

    requantization: Requantization | None = None


@dataclass(frozen=True, eq=False)
class Elementwise(Operator):
    """Element by element of two int8 tensors, clamped.

    The shapes are broadcast as NumPy does it: aligned at their last axes, where a length of 1, or
    an axis that is not there, repeats.

    Parameters
    ----------
    clamp : (int, int)
        Smallest and largest output.
    """

    kind: ClassVar[str] = "elementwise"
    arity: ClassVar[int | None] = 2

    clamp: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Sum(Elementwise):
    """Both operands brought to one scale, added or subtracted, and brought to the output's.

    ``requantization(first((a - zero_point_a) << LEFT_SHIFT) +- second((b - zero_point_b) <<
    LEFT_SHIFT)) + zero_point``, each of the three rounded twice.

    Parameters
    ----------
    first, second, requantization : Requantization
        One channel each; shifts are 0 or less, so that nothing overflows.
    """

    LEFT_SHIFT: ClassVar[int] = 20

    first: Requantization
    second: Requantization
    requantization: Requantization


@dataclass(frozen=True, eq=False)
class Add(Sum):
    """First operand plus second."""

    kind: ClassVar[str] = "add"


@dataclass(frozen=True, eq=False)
class Subtract(Sum):
    """First operand minus second."""

    kind: ClassVar[str] = "subtract"


@dataclass(frozen=True, eq=False)
class Multiply(Elementwise):
    """``requantization((a - zero_point_a) * (b - zero_point_b)) + zero_point``.

    Parameters
    ----------
    requantization : Requantization
        One channel.
    """

    kind: ClassVar[str] = "multiply"

    requantization: Requantization


@dataclass(frozen=True, eq=False)
class Maximum(Elementwise):
    """The larger operand; scale and zero point of all three are equal."""

    kind: ClassVar[str] = "maximum"


@dataclass(frozen=True, eq=False)
class Minimum(Elementwise):
    """The smaller operand; scale and zero point of all three are equal."""

    kind: ClassVar[str] = "minimum"


@dataclass(frozen=True, eq=False)
class Table(Operator):
    """Any function of one int8 tensor, element by element: ``values[x + 128]``.

    Parameters
    ----------
    values : int8, shape (256,)
    """

    kind: ClassVar[str] = "table"

    values: npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Pad(Operator):
    """A border of one value around a tensor.

    Parameters
    ----------
    pads : tuple of (int, int)
        Elements before and after, for each axis.
    value : int
        As an element of the tensor, which need not be its zero point.
    """

    kind: ClassVar[str] = "pad"

    pads: tuple[tuple[int, int], ...]
    value: int


@dataclass(frozen=True, eq=False)
class Concatenate(Operator):
    """Its inputs, which differ in length along one axis only, one after the other.

    Parameters
    ----------
    axis : int
        0 or more.
    """

    kind: ClassVar[str] = "concatenate"
    arity: ClassVar[int | None] = None

    axis: int


@dataclass(frozen=True, eq=False)
class Slice(Operator):
    """Element ``i`` along an axis of the output is element ``begin + i * step`` of the input.

    How many there are, the output's shape says.

    Parameters
    ----------
    begin, step : tuple of int
        For each axis; a step may be negative.
    """

    kind: ClassVar[str] = "slice"

    begin: tuple[int, ...]
    step: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Resize(Operator):
    """Rows and columns of a map repeated or left out: ``y[:, i, j] = x[:, rows[i], columns[j]]``.

    Parameters
    ----------
    rows, columns : tuple of int
        As many as the output has; they need not be all different.
    """

    kind: ClassVar[str] = "resize"

    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Reshape(Operator):
    """The same elements in the same (channels last) order under another shape."""

    kind: ClassVar[str] = "reshape"


@dataclass(frozen=True, eq=False)
class Transpose(Operator):
    """Axis ``i`` of the output is axis ``permutation[i]`` of the input, as ``numpy.transpose``."""

    kind: ClassVar[str] = "transpose"

    permutation: tuple[int, ...]


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
