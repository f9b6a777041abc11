"""Walks a TensorFlow Lite model: its operators in order, each given to its family's file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.names import first_free, readable
from zeroleap.gen.frontend.tflite import activation, copy, elementwise, shape
from zeroleap.gen.frontend.tflite.convolution import (
    convolution,
    depthwise_convolution,
    fully_connected,
)
from zeroleap.gen.frontend.tflite.edge import arg_max, dequantize, log_softmax, quantize, softmax
from zeroleap.gen.frontend.tflite.file import FileModel, FileOperator, parse
from zeroleap.gen.frontend.tflite.layer import Layer, to_tensor
from zeroleap.gen.frontend.tflite.mean import mean
from zeroleap.gen.frontend.tflite.pool import average_pool, max_pool
from zeroleap.gen.ir import Graph, Operator

__all__ = ["FAMILIES", "OPERATORS", "read"]

Reader = Callable[[Layer], Operator | Sequence[Operator]]

FAMILIES: Mapping[str, Mapping[str, Reader]] = {
    "convolution": {
        "CONV_2D": convolution,
        "DEPTHWISE_CONV_2D": depthwise_convolution,
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
    "moving data": {
        "CONCATENATION": copy.concatenation,
        "EXPAND_DIMS": shape.reshape,
        "PAD": copy.pad,
        "PADV2": copy.pad,
        "RESHAPE": shape.reshape,
        "RESIZE_NEAREST_NEIGHBOR": copy.resize_nearest,
        "SLICE": copy.slice_,
        "SPLIT": copy.split,
        "SQUEEZE": shape.reshape,
        "STRIDED_SLICE": copy.strided_slice,
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


def read(name: str, content: bytes) -> Graph:
    """Return the graph of the file ``name`` with ``content``.

    Raises
    ------
    InputError
        Something is not supported; the message names file, layer, operator and attribute.
    Exception
        The file is damaged: see `zeroleap.gen.frontend.tflite.file.parse`.
    """
    model = parse(content)
    names = _unique_names(model)
    tensors = {}
    for index in model.inputs:
        tensor = to_tensor(f"{name}: model input", model.tensors[index], names[index])
        if len(tensor.shape) > 1 and tensor.shape[0] != 1:
            raise InputError(
                f"{name}: model input {readable(tensor.name)!r} has shape {tensor.shape};"
                " a batch (first dimension) of 1 is accepted"
            )
        tensors[tensor.name] = tensor
    constants: dict[str, npt.NDArray[Any]] = {}
    operators: list[Operator] = []
    layer_names: set[str] = set()
    for index, operator in enumerate(model.operators):
        layer_name = first_free(_layer_name(model, operator, index), layer_names)
        layer_names.add(layer_name)
        where = f"{name}: layer {index} {readable(layer_name)!r} ({readable(operator.code)})"
        if operator.code not in OPERATORS:
            supported = ", ".join(sorted(OPERATORS))
            raise InputError(f"{where}: operator is not supported; supported are {supported}")
        layer = Layer(where, layer_name, operator, model.tensors, names)
        try:
            made = OPERATORS[operator.code](layer)
        except ValueError as error:  # scales that no integers stand for
            raise layer.refuse(str(error)) from None
        made = (made,) if isinstance(made, Operator) else made
        for constant, values in layer.constants:
            tensors[constant.name] = constant
            constants[constant.name] = values
        written = {tensor.name: tensor for tensor in (*layer.outputs, *layer.steps.values())}
        for step in made:
            if not tensors.keys() >= set(step.inputs):
                raise layer.refuse(
                    "reads what no earlier layer writes; layers in order are accepted"
                )
            if step.output in tensors:
                raise layer.refuse("writes what an earlier layer wrote; one writer is accepted")
            tensors[step.output] = written[step.output]
        operators += made
    if model.subgraphs != 1:
        raise InputError(f"{name}: the file has {model.subgraphs} subgraphs; 1 is accepted")
    for index in model.outputs:
        if names[index] not in tensors:
            raise InputError(
                f"{name}: model output {readable(names[index])!r} is written by no layer; an output"
                " that a layer computes is accepted"
            )
    return Graph(
        name=name,
        tensors=tensors,
        inputs=tuple(names[index] for index in model.inputs),
        outputs=tuple(names[index] for index in model.outputs),
        operators=tuple(operators),
        constants=constants,
    )


def _unique_names(model: FileModel) -> dict[int, str]:
    """Name every tensor, inputs and outputs first so that they keep the model's own names."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for index in (*model.inputs, *model.outputs, *range(len(model.tensors))):
        if index not in names:
            names[index] = first_free(model.tensors[index].name or f"tensor{index}", taken)
            taken.add(names[index])
    return names


def _layer_name(model: FileModel, operator: FileOperator, index: int) -> str:
    """Return the first of the names that the converter fused into the output's."""
    name = model.tensors[operator.outputs[0]].name if operator.outputs else ""
    return name.split(";")[0] or f"layer{index}"
