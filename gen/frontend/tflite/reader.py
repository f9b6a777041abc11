"""Walks a TensorFlow Lite model: its operators in order, each given to its family's file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.names import first_free, readable
from zeroleap.gen.frontend.tflite.constants import fold
from zeroleap.gen.frontend.tflite.families import OPERATORS
from zeroleap.gen.frontend.tflite.file import FileModel, FileOperator, FileTensor, parse
from zeroleap.gen.frontend.tflite.layer import Layer, to_tensor
from zeroleap.gen.frontend.tflite.live import live
from zeroleap.gen.ir import Graph, Operator

__all__ = ["read"]


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
    file_tensors = list(model.tensors)
    layers = fold(_layers(name, model, names, file_tensors), file_tensors, model.inputs)
    for layer in layers:
        if layer.operator.code not in OPERATORS:
            supported = ", ".join(sorted(OPERATORS))
            raise layer.refuse(f"operator is not supported; supported are {supported}")
    tensors = {}
    for index in model.inputs:
        tensor = to_tensor(f"{name}: model input", file_tensors[index], names[index])
        if len(tensor.shape) > 1 and tensor.shape[0] != 1:
            raise InputError(
                f"{name}: model input {readable(tensor.name)!r} has shape {tensor.shape};"
                " a batch (first dimension) of 1 is accepted"
            )
        tensors[tensor.name] = tensor
    constants: dict[str, npt.NDArray[Any]] = {}
    operators: list[Operator] = []
    for layer in layers:
        try:
            made = OPERATORS[layer.operator.code](layer)
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


def _layers(
    name: str, model: FileModel, names: Mapping[int, str], tensors: Sequence[FileTensor]
) -> list[Layer]:
    """Return the layers that the model's outputs depend on, in order."""
    layers = []
    taken: set[str] = set()
    dequantized = {
        index
        for operator in model.operators
        for index in operator.outputs
        if operator.code == "DEQUANTIZE"
    }
    for index in live(model):
        operator = model.operators[index]
        layer_name = first_free(_layer_name(model, operator, index), taken)
        taken.add(layer_name)
        where = f"{name}: layer {index} {readable(layer_name)!r} ({readable(operator.code)})"
        layers.append(Layer(where, layer_name, operator, tensors, names, dequantized))
    return layers


def _layer_name(model: FileModel, operator: FileOperator, index: int) -> str:
    """Return the first of the names that the converter fused into the output's."""
    name = model.tensors[operator.outputs[0]].name if operator.outputs else ""
    return name.split(";")[0] or f"layer{index}"
