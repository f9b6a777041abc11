"""Which function reads which operator."""

from collections.abc import Callable, Mapping, Sequence

from zeroleap.gen.frontend.tflite import activation, copy, elementwise, resize, shape
from zeroleap.gen.frontend.tflite.convolution import (
    convolution,
    depthwise_convolution,
    fully_connected,
)
from zeroleap.gen.frontend.tflite.edge import arg_max, dequantize, log_softmax, quantize, softmax
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.frontend.tflite.mean import mean
from zeroleap.gen.frontend.tflite.pool import average_pool, max_pool
from zeroleap.gen.frontend.tflite.strided_slice import strided_slice
from zeroleap.gen.frontend.tflite.transpose_conv import transpose_conv
from zeroleap.gen.ir import Operator

__all__ = ["FAMILIES", "OPERATORS"]

Reader = Callable[[Layer], Operator | Sequence[Operator]]

FAMILIES: Mapping[str, Mapping[str, Reader]] = {
    "convolution": {
        "CONV_2D": convolution,
        "DEPTHWISE_CONV_2D": depthwise_convolution,
        "TRANSPOSE_CONV": transpose_conv,
    },
    "dense layer": {"FULLY_CONNECTED": fully_connected},
    "pooling": {
        "AVERAGE_POOL_2D": average_pool,
        "MAX_POOL_2D": max_pool,
        "MEAN": mean,
    },
    "two maps": {
        "ADD": elementwise.add,
        "MAXIMUM": elementwise.maximum,
        "MINIMUM": elementwise.minimum,
        "MUL": elementwise.multiply,
        "SUB": elementwise.subtract,
    },
    "activation, on its own": {
        "HARD_SWISH": activation.hard_swish,
        "LEAKY_RELU": activation.leaky_relu,
        "LOGISTIC": activation.logistic,
        "PRELU": activation.prelu,
        "RELU": activation.relu,
        "RELU6": activation.relu6,
        "RELU_N1_TO_1": activation.relu_n1_to_1,
        "TANH": activation.tanh,
    },
    "between pixels": {"RESIZE_BILINEAR": resize.resize_bilinear},
    "moving data": {
        "CONCATENATION": copy.concatenation,
        "EXPAND_DIMS": shape.same_elements,
        "PAD": copy.pad,
        "PADV2": copy.pad,
        "RESHAPE": shape.reshape,
        "RESIZE_NEAREST_NEIGHBOR": resize.resize_nearest,
        "SLICE": copy.slice_,
        "SPLIT": copy.split,
        "SQUEEZE": shape.same_elements,
        "STRIDED_SLICE": strided_slice,
        "TRANSPOSE": shape.transpose,
    },
    "another scale or type": {
        "DEQUANTIZE": dequantize,
        "QUANTIZE": quantize,
    },
    "scores, at the end": {
        "ARG_MAX": arg_max,
        "LOG_SOFTMAX": log_softmax,
        "SOFTMAX": softmax,
    },
}
"""By family, a function for each operator: what it becomes, one operator or several in order."""

OPERATORS: Mapping[str, Reader] = {
    code: reader for family in FAMILIES.values() for code, reader in family.items()
}
