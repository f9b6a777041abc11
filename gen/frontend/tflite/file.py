"""A TensorFlow Lite file as plain, checked records.

Flatbuffers' accessors trust the file. Here every length and index is compared with the file before
it is used, so that damage ends in an exception and never in a long loop or a large allocation.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from zeroleap.gen.frontend.limits import MOST_DIMENSIONS

__all__ = ["FileModel", "FileOperator", "FileTensor", "parse"]


def _names(enumeration: Any) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


OPERATOR_NAMES = _names(tflite.BuiltinOperator)
TYPE_NAMES = _names(tflite.TensorType)
ITEM_BYTES = {"INT8": 1, "UINT8": 1, "INT32": 4, "FLOAT32": 4, "INT64": 8}


@dataclass(frozen=True, eq=False)
class FileTensor:
    """A tensor of the file; ``data`` is None where it is not a constant."""

    name: str
    shape: tuple[int, ...]
    type: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    quantized_dimension: int
    is_variable: bool
    data: npt.NDArray[np.uint8] | None

    @property
    def values(self) -> npt.NDArray[Any] | None:
        """The elements of a constant, in its type and shape."""
        if self.data is None:
            return None
        dtype = np.dtype(self.type.lower())
        values = np.frombuffer(self.data.tobytes(), dtype.newbyteorder("<"))
        return values.reshape(self.shape).astype(dtype)


@dataclass(frozen=True, eq=False)
class FileOperator:
    """An operator of the file; tensors by index, -1 for an optional one that is absent."""

    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    table: Any


@dataclass(frozen=True, eq=False)
class FileModel:
    """The first subgraph of a file, and how many there are."""

    subgraphs: int
    tensors: tuple[FileTensor, ...]
    operators: tuple[FileOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def parse(content: bytes) -> FileModel:
    """Return what ``content`` holds.

    Raises
    ------
    Exception
        Of many types: a rule of this module, or whatever flatbuffers stumbles over.
    """
    model = tflite.Model.GetRootAs(content, 0)
    if model.Version() != 3:
        raise ValueError(f"the schema's version must be 3, not {model.Version()}")
    subgraphs = _length(content, model, "Subgraphs")
    if subgraphs == 0:
        raise ValueError("a model must have a subgraph")
    graph = model.Subgraphs(0)
    tensors = tuple(
        _tensor(content, model, graph.Tensors(index))
        for index in range(_length(content, graph, "Tensors"))
    )
    operators = tuple(
        _operator(content, model, graph.Operators(index), len(tensors))
        for index in range(_length(content, graph, "Operators"))
    )
    return FileModel(
        subgraphs,
        tensors,
        operators,
        _indices(content, graph, "Inputs", 0, len(tensors)),
        _indices(content, graph, "Outputs", 0, len(tensors)),
    )


def _length(content: bytes, table: Any, field: str) -> int:
    length = int(getattr(table, f"{field}Length")())
    if length > len(content):
        raise ValueError(f"{field} claims {length} entries in a file of {len(content)} bytes")
    return length


def _vector(content: bytes, table: Any, field: str) -> npt.NDArray[Any]:
    if _length(content, table, field) == 0:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(getattr(table, f"{field}AsNumpy")())


def _indices(content: bytes, table: Any, field: str, low: int, high: int) -> tuple[int, ...]:
    indices = tuple(int(index) for index in _vector(content, table, field))
    for index in indices:
        if not low <= index < high:
            raise ValueError(f"{field} must be tensors {low}..{high - 1}, not {index}")
    return indices


def _operator(content: bytes, model: Any, operator: Any, tensors: int) -> FileOperator:
    index = operator.OpcodeIndex()
    if index >= _length(content, model, "OperatorCodes"):
        raise ValueError(f"operator code {index} is not in the file")
    code = model.OperatorCodes(index)
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    name = OPERATOR_NAMES.get(number, f"operator code {number}")
    if name == "CUSTOM":
        name = f"CUSTOM {(code.CustomCode() or b'').decode(errors='replace')}"
    inputs = _indices(content, operator, "Inputs", -1, tensors)
    return FileOperator(name, inputs, _indices(content, operator, "Outputs", 0, tensors), operator)


def _tensor(content: bytes, model: Any, tensor: Any) -> FileTensor:
    type_name = TYPE_NAMES.get(tensor.Type(), f"type {tensor.Type()}")
    shape = tuple(int(length) for length in _vector(content, tensor, "Shape"))
    if len(shape) > MOST_DIMENSIONS:
        raise ValueError(
            f"a tensor must have at most {MOST_DIMENSIONS} dimensions, not {len(shape)}"
        )
    quantization = tensor.Quantization()
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    dimension = 0
    if quantization is not None:
        scales = tuple(float(scale) for scale in _vector(content, quantization, "Scale"))
        zero_points = tuple(int(zero) for zero in _vector(content, quantization, "ZeroPoint"))
        dimension = quantization.QuantizedDimension()
    return FileTensor(
        name=(tensor.Name() or b"").decode(errors="replace"),
        shape=shape,
        type=type_name,
        scales=scales,
        zero_points=zero_points or (0,) * len(scales),
        quantized_dimension=dimension,
        is_variable=bool(tensor.IsVariable()),
        data=_data(content, model, tensor, shape, type_name),
    )


def _data(
    content: bytes, model: Any, tensor: Any, shape: tuple[int, ...], type_name: str
) -> npt.NDArray[np.uint8] | None:
    if tensor.Buffer() >= _length(content, model, "Buffers"):
        raise ValueError(f"buffer {tensor.Buffer()} is not in the file")
    buffer = model.Buffers(tensor.Buffer())
    if buffer.Offset() > 1:
        raise ValueError("constants after the flatbuffer (files above 2 GB) are not supported")
    data = _vector(content, buffer, "Data")
    if data.size == 0:
        return None
    if tensor.Sparsity() is not None:
        raise ValueError("sparsely stored constants are not supported; store them densely")
    expected = ITEM_BYTES.get(type_name, 0)
    for length in shape:
        expected *= length
    if expected and expected != data.size:
        raise ValueError(f"a constant of shape {shape} must have {expected} bytes, not {data.size}")
    return data
