"""One operator of a TensorFlow Lite file, on its way to the graph."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.limits import shape_problem
from zeroleap.gen.frontend.names import first_free, readable
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
        int8, uint8, float32 and those of indices, or quantised in no way or by channel. The message
        starts with ``where``.
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
    if tensor.type in ("FLOAT32", "INT32", "INT64"):
        return Tensor(name, tensor.shape, tensor.type.lower())
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
    tensors : sequence of FileTensor
        All of the file's, and what `zeroleap.gen.frontend.tflite.constants.fold` makes of them.
    names : mapping of int to str
        The graph's name for each tensor.
    dequantized : collection of int
        The tensors that a DEQUANTIZE writes.

    Attributes
    ----------
    constants : list of (Tensor, array)
        The constants that the layer reads as tensors, and their values.
    steps : dict of str to Tensor
        Tensors between the operators that the layer becomes.
    """

    def __init__(
        self,
        where: str,
        name: str,
        operator: FileOperator,
        tensors: Sequence[FileTensor],
        names: Mapping[int, str],
        dequantized: Collection[int] = (),
    ) -> None:
        self.where = where
        self.name = name
        self.operator = operator
        self._tensors = tensors
        self._names = names
        self._dequantized = {names[index] for index in dequantized}
        self.constants: list[tuple[Tensor, npt.NDArray[Any]]] = []
        self.steps: dict[str, Tensor] = {}

    def refuse(self, text: str) -> InputError:
        """Return the error that says ``text`` of this layer."""
        return InputError(f"{self.where}: {text}")

    def expect(self, fewest_inputs: int, most_inputs: int, most_outputs: int = 1) -> None:
        """Refuse another number of inputs, or more outputs, or none."""
        inputs, outputs = len(self.operator.inputs), len(self.operator.outputs)
        if not fewest_inputs <= inputs <= most_inputs:
            numbers = sorted({fewest_inputs, most_inputs})
            raise self.refuse(f"has {inputs} inputs; {'..'.join(map(str, numbers))} are accepted")
        if not 1 <= outputs <= most_outputs:
            accepted = "1 is" if most_outputs == 1 else f"1..{most_outputs} are"
            raise self.refuse(f"has {outputs} outputs; {accepted} accepted")

    def expect_shape(self, target: Tensor, shape: tuple[int, ...]) -> None:
        """Refuse an output of another shape than the operator makes."""
        if target.shape != shape:
            raise self.refuse(f"output has shape {target.shape}; {shape} is accepted")

    def expect_int8(self, role: str, tensor: Tensor) -> None:
        """Refuse a tensor of another type; what the user may do depends on where it is from."""
        if tensor.dtype == "int8":
            return
        advice = "quantise to int8"
        if tensor.name in self._dequantized:
            advice = (
                "quantise this layer too, or end the model before it, at"
                f" {readable(tensor.name)!r}, and compute it from what zeroleap gives"
            )
        raise self.refuse(f"{role} is {tensor.dtype}; int8 is accepted: {advice}")

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
        """The first output as a tensor of the graph; most operators have no other."""
        return self._to_tensor(self.operator.outputs[0])

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All outputs as tensors of the graph."""
        return tuple(self._to_tensor(index) for index in self.operator.outputs)

    def _to_tensor(self, index: int, position: int = 0, may_be_constant: bool = False) -> Tensor:
        if index < 0:
            raise self.refuse(f"input {position} is absent; a tensor is accepted")
        tensor, name = self._tensors[index], self._names[index]
        return to_tensor(self.where, tensor, name, may_be_constant=may_be_constant)

    def operand(self, position: int) -> Tensor:
        """Return the input at ``position`` as a tensor of the graph, which may be a constant.

        The values of a constant are kept in ``constants``.
        """
        index = self.operator.inputs[position]
        tensor = self._to_tensor(index, position, may_be_constant=True)
        values = self._tensors[index].values
        if values is not None:
            self.constants.append((tensor, values))
        return tensor

    def integers(self, position: int) -> tuple[int, ...]:
        """Return the constant input at ``position``, INT32 or INT64, row after row."""
        tensor = self.file_tensor(position)
        if tensor is None or tensor.values is None or tensor.type not in ("INT32", "INT64"):
            raise self.refuse(f"input {position} is computed; constant integers are accepted")
        return tuple(int(value) for value in tensor.values.reshape(-1))

    def between(self, suffix: str, like: Tensor, **fields: Any) -> Tensor:
        """Return a new tensor for a step of the layer's own: ``like``, with other ``fields``."""
        name = first_free(f"{self.output.name}:{suffix}", {*self._names.values(), *self.steps})
        self.steps[name] = replace(like, name=name, **fields)
        return self.steps[name]

    def maps(self, rank: int | None = None, position: int = 0) -> tuple[Tensor, Tensor]:
        """Return the input at ``position`` and the output.

        They are refused unless int8 (with ``rank`` dimensions, batch 1).
        """
        source = self._to_tensor(self.operator.inputs[position], position)
        target = self.output
        for role, tensor in (("input", source), ("output", target)):
            self.expect_int8(role, tensor)
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

    def options(self, kind: Any, *, may_be_absent: bool = False) -> Any:
        """Return the operator's options, of class ``kind``; None if that ``may_be_absent``."""
        table, number = self.operator.table, getattr(tflite.BuiltinOptions, kind.__name__)
        if may_be_absent and table.BuiltinOptions() is None:
            return None
        if table.BuiltinOptionsType() != number or table.BuiltinOptions() is None:
            raise self.refuse(f"has no {kind.__name__}; the file must hold them")
        options = kind()
        options.Init(table.BuiltinOptions().Bytes, table.BuiltinOptions().Pos)
        return options

    def clamp(self, options: Any, target: Tensor) -> tuple[int, int]:
        """Return the range of the output under the fused activation in ``options``, if any."""
        number = options.FusedActivationFunction() if options else 0
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

    def bias(self, channels: int, position: int = 2) -> npt.NDArray[np.int32]:
        """Return the input at ``position``, int32 for each channel; zeros if it is absent."""
        tensor = self.file_tensor(position)
        if tensor is None:
            return np.zeros(channels, dtype=np.int32)
        if tensor.data is None or tensor.type != "INT32" or tensor.is_variable:
            raise self.refuse(f"bias is {tensor.type}; a constant INT32 is accepted")
        bias = np.frombuffer(tensor.data.tobytes(), dtype="<i4").astype(np.int32)
        if bias.shape != (channels,):
            raise self.refuse(f"bias has {bias.size} values; {channels} are accepted")
        return bias
