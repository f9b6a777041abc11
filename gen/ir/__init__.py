"""The graph between the frontends and everything else: quantised tensors and what is done to them.

Numbers mean what TensorFlow Lite's int8 specification says. Tensors are in its layout, channels
last (``batch, height, width, channels`` or ``batch, channels``), whatever the file's layout was.
Scales have already become integer multipliers: nothing after the frontends computes in floating
point.
"""

from zeroleap.gen.ir.copy import (
    Concatenate,
    Pad,
    Rearrange,
    Reshape,
    Resize,
    Slice,
    Transpose,
)
from zeroleap.gen.ir.edge import ArgMax, Dequantize, LogSoftmax, Quantize, Softmax
from zeroleap.gen.ir.elementwise import (
    Add,
    Elementwise,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    Sum,
    Table,
)
from zeroleap.gen.ir.graph import Graph
from zeroleap.gen.ir.interpolation import Interpolate
from zeroleap.gen.ir.operator import Operator
from zeroleap.gen.ir.pool import AveragePool, MaxPool, Pool
from zeroleap.gen.ir.tensor import Padding, Requantization, Tensor
from zeroleap.gen.ir.weighted import (
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    TransposedConvolution,
)

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
    "Interpolate",
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
    "Rearrange",
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
    "TransposedConvolution",
]
