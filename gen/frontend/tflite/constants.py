"""What depends on constants and shapes only: integers that are known when the file is read.

The converter writes such operators for a Reshape or Flatten if the batch was left open: they take
its length from a tensor's shape at run time. Here all shapes are fixed.

Source: ``shape.cc``, ``pack.cc``, ``gather.cc``, ``concatenation.cc``, ``cast.cc``, ``reduce.cc``,
``add.cc``, ``sub.cc`` and ``mul.cc`` in ``tensorflow/lite/kernels``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tflite

from zeroleap.gen.frontend.tflite.file import FileTensor
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.frontend.tflite.strided_slice import places

__all__ = ["FOLDED", "fold"]

Array: TypeAlias = npt.NDArray[Any]
Fold: TypeAlias = Callable[[Layer, FileTensor, Sequence[Array]], Array]

INTEGERS = ("INT32", "INT64")
SMALL = 4096
"""Elements that a layer may compute with: those of shapes and indices, not of weights."""


def fold(
    layers: Sequence[Layer], tensors: list[FileTensor], inputs: Collection[int]
) -> list[Layer]:
    """Return the layers that are not of constants; what the others write become constants.

    Parameters
    ----------
    layers : sequence of Layer
        In the file's order.
    tensors : list of FileTensor
        The file's, which the layers read; changed in place.
    inputs : collection of int
        The tensors that are the model's inputs.

    Raises
    ------
    InputError
        A layer of constants has attributes or shapes that do not fit, or writes a constant.
    """
    written, rest = set(inputs), list[Layer]()
    for layer in layers:
        arrays = _arrays(layer, tensors, written)
        if arrays is None:
            rest.append(layer)
        else:
            index = layer.operator.outputs[0]
            tensors[index] = _folded(layer, tensors[index], arrays)
        written.update(layer.operator.outputs)
    return rest


def _arrays(
    layer: Layer, tensors: Sequence[FileTensor], written: Collection[int]
) -> list[Array] | None:
    """Return the constants that a layer reads, or the shape; None if it cannot be folded."""
    operator = layer.operator
    if operator.code not in FOLDED or not operator.inputs or min(operator.inputs) < 0:
        return None
    if [tensors[index].type in INTEGERS for index in operator.outputs] != [True]:
        return None
    if operator.code == "SHAPE":
        source = operator.inputs[0]
        known = source in written or tensors[source].data is not None
        return [np.array(tensors[source].shape, np.int64)] if known else None
    arrays = []
    for index in operator.inputs:
        values = tensors[index].values
        if values is None or tensors[index].type not in INTEGERS or tensors[index].is_variable:
            return None
        arrays.append(values)
    return arrays


def _folded(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> FileTensor:
    """Return ``target`` with what the layer makes of ``arrays``."""
    size = sum(array.size for array in arrays)
    if size > SMALL:
        raise layer.refuse(f"computes with {size} constants; up to {SMALL} are accepted")
    if target.data is not None:
        raise layer.refuse("writes a constant; one writer is accepted")
    try:
        result = np.asarray(FOLDED[layer.operator.code](layer, target, arrays))
    except (ValueError, IndexError) as error:  # NumPy's, of shapes, axes and places
        raise layer.refuse(
            f"cannot be computed ({str(error)[:200]}); constants that fit are accepted"
        ) from None
    for attribute, given, made in (
        ("type", target.type, result.dtype.name.upper()),
        ("shape", target.shape, result.shape),
    ):
        if given != made:
            raise layer.refuse(f"output has {attribute} {given}; {made} is accepted")
    data = result.astype(result.dtype.newbyteorder("<")).tobytes()
    return replace(target, data=np.frombuffer(data, np.uint8))


def _arithmetic(function: Callable[[Array, Array], Array], options: Any) -> Fold:
    def result(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
        layer.expect(2, 2)
        _expect_zero(layer, options, "FusedActivationFunction")
        return function(*arrays)

    return result


def _cast(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
    """Read CAST; SHAPE too, of which the shape is the array."""
    layer.expect(1, 1)
    return arrays[0].astype(target.type.lower())


def _concatenation(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
    _expect_zero(layer, tflite.ConcatenationOptions, "FusedActivationFunction")
    return np.concatenate(arrays, layer.options(tflite.ConcatenationOptions).Axis())


def _gather(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
    layer.expect(2, 2)
    _expect_zero(layer, tflite.GatherOptions, "BatchDims")
    values, indices = arrays
    if (indices < 0).any():
        raise layer.refuse(f"indices are {indices.tolist()}; 0 and more are accepted")
    options = layer.options(tflite.GatherOptions, may_be_absent=True)
    return np.take(values, indices, options.Axis() if options else 0)


def _pack(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
    return np.stack(arrays, layer.options(tflite.PackOptions).Axis())


def _reduce_prod(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
    layer.expect(2, 2)
    options = layer.options(tflite.ReducerOptions, may_be_absent=True)
    keeps = options is not None and bool(options.KeepDims())
    return np.prod(arrays[0], layer.integers(1), arrays[0].dtype, keepdims=keeps)


def _reshape(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
    """Read what changes only the shape; the output says to which."""
    layer.expect(1, 2)
    return arrays[0].reshape(target.shape)


def _strided_slice(layer: Layer, target: FileTensor, arrays: Sequence[Array]) -> Array:
    taken, shape = places(layer, arrays[0].shape)
    return arrays[0][np.ix_(*taken)].reshape(shape)


def _expect_zero(layer: Layer, kind: Any, name: str) -> None:
    """Refuse another value than 0 of an option that says what else is done."""
    options = layer.options(kind, may_be_absent=True)
    value = getattr(options, name, int)()
    if value:
        raise layer.refuse(f"{name} is {value}; 0 is accepted")


FOLDED: Mapping[str, Fold] = {
    "ADD": _arithmetic(np.add, tflite.AddOptions),
    "CAST": _cast,
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _reshape,
    "GATHER": _gather,
    "MUL": _arithmetic(np.multiply, tflite.MulOptions),
    "PACK": _pack,
    "REDUCE_PROD": _reduce_prod,
    "RESHAPE": _reshape,
    "SHAPE": _cast,
    "SQUEEZE": _reshape,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _arithmetic(np.subtract, tflite.SubOptions),
}
"""What is computed of constants: a function for each operator, of its output and their values."""
