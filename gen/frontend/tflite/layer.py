"""One operator of a TensorFlow Lite file, on its way to the graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.limits import shape_problem
from zeroleap.gen.frontend.names import readable
from zeroleap.gen.frontend.tflite.file import FileOperator, FileTensor
from zeroleap.gen.ir import Tensor
from zeroleap.gen.quantization import ACTIVATIONS, activation_clamp

__all__ = ["Layer", "to_tensor"]

ACTIVATION_NAMES = {
    value: name
    for name, value in vars(tflite.ActivationFunctionType).items()
    if isinstance(value, int)
}


def to_tensor(
    where: str, tensor: FileTensor, name: str, *, may_be_constant: bool = False
) -> Tensor:
    """Return the graph's tensor ``name`` for a value of the file.

    Raises
    ------
    InputError
        It is a constant (which ``may_be_constant`` accepts) or a variable, of another type than
        int8, uint8 and float32, or quantised in no way or by channel. The message starts with
        ``where``.
    """

    def refuse(text: str) -> InputError:
        return InputError(f"{where}: tensor {readable(tensor.name)!r} {text}")

    if tensor.is_variable:
        raise refuse("keeps state between runs (is_variable); only stateless models are supported")
    if tensor.data is not None and not may_be_constant:
        raise refuse("is a constant; a value computed from the model's input is accepted")
    problem = shape_problem(tensor.shape)
    if problem:
        raise refuse(f"is not accepted: {problem}")
    if tensor.type == "FLOAT32":
        return Tensor(name, tensor.shape, "float32")
    if tensor.type not in ("INT8", "UINT8"):
        raise refuse(f"is {tensor.type}; INT8 is accepted (UINT8 and FLOAT32 at the edges)")
    if len(tensor.scales) != 1 or len(tensor.zero_points) != 1:
        raise refuse(
            f"has {len(tensor.scales)} scales; exactly one is accepted: quantise the model"
        )
    scale, zero_point = tensor.scales[0], tensor.zero_points[0]
    if not (np.isfinite(scale) and scale > 0):
        raise refuse(f"has scale {scale}; a positive one is accepted")
    limits = np.iinfo(tensor.type.lower())
    if not limits.min <= zero_point <= limits.max:
        raise refuse(f"has zero point {zero_point}; {limits.min}..{limits.max} is accepted")
    return Tensor(name, tensor.shape, tensor.type.lower(), scale, zero_point)


class Layer:
    """An operator with its tensors, and the words to refuse it in.

    Parameters
    ----------
    where : str
        File, layer and operator, as messages begin.
    name : str
        The layer's name in the graph.
    tensors : tuple of FileTensor
        All of the file's.
    names : mapping of int to str
        The graph's name for each tensor.
    """

    def __init__(
        self,
        where: str,
        name: str,
        operator: FileOperator,
        tensors: tuple[FileTensor, ...],
        names: Mapping[int, str],
    ) -> None:
        self.where = where
        self.name = name
        self.operator = operator
        self._tensors = tensors
        self._names = names

    def refuse(self, text: str) -> InputError:
        """Return the error that says ``text`` of this layer."""
        return InputError(f"{self.where}: {text}")

    def expect(self, fewest_inputs: int, most_inputs: int) -> None:
        """Refuse another number of inputs, or of outputs than one."""
        inputs, outputs = len(self.operator.inputs), len(self.operator.outputs)
        if not fewest_inputs <= inputs <= most_inputs:
            raise self.refuse(f"has {inputs} inputs; {fewest_inputs}..{most_inputs} are accepted")
        if outputs != 1:
            raise self.refuse(f"has {outputs} outputs; 1 is accepted")

    def file_tensor(self, position: int) -> FileTensor | None:
        """Return the input at ``position`` as the file has it; None if it is absent."""
        inputs = self.operator.inputs
        if position >= len(inputs) or inputs[position] < 0:
            return None
        return self._tensors[inputs[position]]

    @property
    def input(self) -> Tensor:
        """The first input as a tensor of the graph."""
        return self._to_tensor(self.operator.inputs[0], 0)

    @property
    def output(self) -> Tensor:
        """The output as a tensor of the graph."""
        return self._to_tensor(self.operator.outputs[0])

    def _to_tensor(self, index: int, position: int = 0, may_be_constant: bool = False) -> Tensor:
        if index < 0:
            raise self.refuse(f"input {position} is absent; a tensor is accepted")
        tensor, name = self._tensors[index], self._names[index]
        return to_tensor(self.where, tensor, name, may_be_constant=may_be_constant)

    def operand(self, position: int) -> Tensor:
        """Return the input at ``position``, which may be a constant, as a tensor of the graph."""
        index = self.operator.inputs[position]
        return self._to_tensor(index, position, may_be_constant=True)

    def constant(self, name: str) -> npt.NDArray[Any] | None:
        """Return the values of the tensor that the graph calls ``name``, if it is a constant."""
        for index in self.operator.inputs:
            tensor = self._tensors[index]
            if index >= 0 and self._names[index] == name and tensor.data is not None:
                dtype = np.dtype(tensor.type.lower()).newbyteorder("<")
                values = np.frombuffer(tensor.data.tobytes(), dtype)
                return values.reshape(tensor.shape).astype(tensor.type.lower())
        return None

    def maps(self, rank: int | None = None) -> tuple[Tensor, Tensor]:
        """Return input and output; refuse them unless int8 (with ``rank`` dimensions, batch 1)."""
        source, target = self.input, self.output
        for role, tensor in (("input", source), ("output", target)):
            if tensor.dtype != "int8":
                raise self.refuse(f"{role} is {tensor.dtype}; int8 is accepted: quantise to int8")
            if rank is not None and (len(tensor.shape) != rank or tensor.shape[0] != 1):
                raise self.refuse(
                    f"{role} has shape {tensor.shape}; {rank} dimensions with batch 1 are accepted"
                )
        return source, target

    def same_quantization(self, source: Tensor, target: Tensor) -> None:
        """Refuse an output of another type, scale or zero point than the input."""
        for attribute in ("dtype", "scale", "zero_point"):
            before, after = getattr(source, attribute), getattr(target, attribute)
            if before != after:
                raise self.refuse(
                    f"output has {attribute} {after}; the input's, {before}, is accepted"
                )

    def options(self, kind: Any) -> Any:
        """Return the operator's options, which must be of class ``kind``."""
        table, number = self.operator.table, getattr(tflite.BuiltinOptions, kind.__name__)
        if table.BuiltinOptionsType() != number or table.BuiltinOptions() is None:
            raise self.refuse(f"has no {kind.__name__}; the file must hold them")
        options = kind()
        options.Init(table.BuiltinOptions().Bytes, table.BuiltinOptions().Pos)
        return options

    def clamp(self, options: Any, target: Tensor) -> tuple[int, int]:
        """Return the range of the output under the fused activation in ``options``."""
        number = options.FusedActivationFunction()
        activation = ACTIVATION_NAMES.get(number, str(number))
        if activation not in ACTIVATIONS:
            raise self.refuse(
                f"fused_activation_function is {activation}; {', '.join(ACTIVATIONS)} are accepted"
            )
        try:
            low, high = activation_clamp(activation, target.scale, target.zero_point)
        except ValueError as error:
            raise self.refuse(f"fused_activation_function {activation}: {error}") from None
        if low > high:
            raise self.refuse(
                f"fused_activation_function {activation} leaves no value at zero point"
                f" {target.zero_point}; a non-empty range is accepted"
            )
        return low, high

    def weights(self, rank: int, axis: int = 0) -> tuple[npt.NDArray[np.int8], tuple[float, ...]]:
        """Return the second input: int8 weights, output channels on ``axis``, and their scales."""
        tensor = self.file_tensor(1)
        if tensor is None or tensor.data is None or tensor.is_variable:
            raise self.refuse("weights are computed; constant weights are accepted")
        if tensor.type != "INT8":
            raise self.refuse(
                f"weights are {tensor.type}; INT8 with zero point 0 is accepted: quantise with"
                " TensorFlow Lite's int8 scheme"
            )
        if len(tensor.shape) != rank:
            raise self.refuse(f"weights have shape {tensor.shape}; {rank} dimensions are accepted")
        if len(tensor.scales) not in (1, tensor.shape[axis]):
            raise self.refuse(
                f"weights have {len(tensor.scales)} scales; 1 or {tensor.shape[axis]}, one for each"
                " output channel, are accepted"
            )
        if not all(np.isfinite(scale) and scale >= 0 for scale in tensor.scales):
            raise self.refuse("weights have a negative or infinite scale; 0 and more is accepted")
        if len(tensor.scales) > 1 and tensor.quantized_dimension != axis:
            raise self.refuse(
                f"weights have quantized_dimension {tensor.quantized_dimension}; {axis} is accepted"
            )
        if any(tensor.zero_points):
            zero_point = next(zero for zero in tensor.zero_points if zero)
            raise self.refuse(f"weights have zero point {zero_point}; 0 is accepted")
        return tensor.data.view(np.int8).reshape(tensor.shape), tensor.scales

    def bias(self, channels: int) -> npt.NDArray[np.int32]:
        """Return the third input, int32 for each channel; zeros if it is absent."""
        tensor = self.file_tensor(2)
        if tensor is None:
            return np.zeros(channels, dtype=np.int32)
        if tensor.data is None or tensor.type != "INT32" or tensor.is_variable:
            raise self.refuse(f"bias is {tensor.type}; a constant INT32 is accepted")
        bias = np.frombuffer(tensor.data.tobytes(), dtype="<i4").astype(np.int32)
        if bias.shape != (channels,):
            raise self.refuse(f"bias has {bias.size} values; {channels} are accepted")
        return bias
