"""What a well-formed operator is: a function for each kind, which raises a `ValueError`."""

from collections.abc import Callable

from zeroleap.gen.ir import (
    Add,
    ArgMax,
    AveragePool,
    Concatenate,
    Convolution,
    DepthwiseConvolution,
    Dequantize,
    FullyConnected,
    Interpolate,
    LogSoftmax,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    Operator,
    Pad,
    Quantize,
    Rearrange,
    Reshape,
    Resize,
    Slice,
    Softmax,
    Subtract,
    Table,
    Transpose,
    TransposedConvolution,
)
from zeroleap.gen.passes.rules.copy import (
    verify_concatenate,
    verify_interpolate,
    verify_pad,
    verify_rearrange,
    verify_reshape,
    verify_resize,
    verify_slice,
    verify_transpose,
)
from zeroleap.gen.passes.rules.edge import (
    verify_arg_max,
    verify_dequantize,
    verify_log_softmax,
    verify_quantize,
    verify_softmax,
)
from zeroleap.gen.passes.rules.elementwise import (
    verify_extremum,
    verify_multiply,
    verify_sum,
    verify_table,
)
from zeroleap.gen.passes.rules.weighted import (
    verify_convolution,
    verify_depthwise,
    verify_fully_connected,
    verify_pool,
    verify_transposed,
)

__all__ = ["RULES"]

RULES: dict[type[Operator], Callable[..., None]] = {
    Add: verify_sum,
    ArgMax: verify_arg_max,
    AveragePool: verify_pool,
    Concatenate: verify_concatenate,
    Convolution: verify_convolution,
    DepthwiseConvolution: verify_depthwise,
    Dequantize: verify_dequantize,
    FullyConnected: verify_fully_connected,
    Interpolate: verify_interpolate,
    LogSoftmax: verify_log_softmax,
    MaxPool: verify_pool,
    Maximum: verify_extremum,
    Minimum: verify_extremum,
    Multiply: verify_multiply,
    Pad: verify_pad,
    Quantize: verify_quantize,
    Rearrange: verify_rearrange,
    Reshape: verify_reshape,
    Resize: verify_resize,
    Slice: verify_slice,
    Softmax: verify_softmax,
    Subtract: verify_sum,
    Table: verify_table,
    Transpose: verify_transpose,
    TransposedConvolution: verify_transposed,
}
"""Called with the operator, the `Tensor` of each input, and the output's."""
