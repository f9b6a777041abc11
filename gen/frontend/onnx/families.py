"""Which function reads which operator."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from zeroleap.gen.frontend.onnx import (
    activation,
    convolution,
    cutting,
    elementwise,
    function,
    joining,
    normalization,
    pool,
    quantization,
    resize,
    scores,
    shape,
    transposed,
)
from zeroleap.gen.frontend.onnx.constants import only_constant, shape_of
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Value

__all__ = ["FAMILIES", "OPERATORS"]

Reader: TypeAlias = Callable[[Node], Value | tuple[Value, ...]]

FAMILIES: Mapping[str, Mapping[str, Reader]] = {
    "convolution": {
        "Conv": convolution.convolution,
        "ConvTranspose": transposed.transposed_convolution,
    },
    "dense layer": {"Gemm": convolution.gemm, "MatMul": convolution.matmul},
    "normalisation": {"BatchNormalization": normalization.batch_normalization},
    "pooling": {
        "AveragePool": pool.average_pool,
        "GlobalAveragePool": pool.global_average_pool,
        "MaxPool": pool.max_pool,
        "ReduceMean": pool.reduce_mean,
    },
    "two maps": {
        "Add": elementwise.add,
        "Max": elementwise.maximum,
        "Min": elementwise.minimum,
        "Mul": elementwise.multiply,
        "Sub": elementwise.subtract,
    },
    "activation": {
        "Clip": activation.clip,
        "Elu": function.elu,
        "HardSigmoid": function.hard_sigmoid,
        "HardSwish": function.hard_swish,
        "LeakyRelu": function.leaky_relu,
        "Relu": activation.relu,
        "Sigmoid": function.sigmoid,
        "Tanh": function.tanh,
    },
    "moving data": {
        "Concat": joining.concatenate,
        "Flatten": shape.flatten,
        "Identity": shape.identity,
        "Pad": cutting.pad,
        "Reshape": shape.reshape,
        "Resize": resize.resize,
        "Slice": cutting.slice_,
        "Split": cutting.split,
        "Squeeze": shape.squeeze,
        "Transpose": shape.transpose,
        "Unsqueeze": shape.unsqueeze,
    },
    "another scale or type": {
        "DequantizeLinear": quantization.dequantize_linear,
        "QuantizeLinear": quantization.quantize_linear,
    },
    "scores, at the end": {
        "ArgMax": scores.arg_max,
        "LogSoftmax": scores.log_softmax,
        "Softmax": scores.softmax,
    },
    "of constants and shapes": {
        "Cast": only_constant,
        "Constant": shape.constant,
        "Div": only_constant,
        "Gather": only_constant,
        "Shape": shape_of,
    },
}

OPERATORS: Mapping[str, Reader] = {
    kind: reader for family in FAMILIES.values() for kind, reader in family.items()
}
