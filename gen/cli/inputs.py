"""Reads what a network is run on, and refuses what the model does not take."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Graph, Quantize, Tensor

__all__ = ["load_array", "random_inputs", "read_inputs"]

Array = npt.NDArray[Any]


def read_inputs(files: str, graph: Graph) -> dict[str, Array]:
    """Read the inputs of one inference.

    Parameters
    ----------
    files : str
        ``X.npy``, with a comma between the files of a model with several inputs, in its order; or
        one ``.npz`` with an array for each input, by name.

    Returns
    -------
    mapping of name to array
        In the model's own type and shape; float arrays are quantised with the input's scale.

    Raises
    ------
    InputError
        A file cannot be read, or an array is not what the model takes.
    """
    arrays = _from_archive(files, graph) if files.endswith(".npz") else _from_files(files, graph)
    return {
        name: _fitted(array, graph.tensors[name], where) for name, (array, where) in arrays.items()
    }


def random_inputs(graph: Graph, seed: int) -> dict[str, Array]:
    """Make inputs in which every 8-bit value is equally likely, in the model's type and shape."""
    generator = np.random.default_rng(seed)
    inputs = {}
    for name in graph.inputs:
        tensor = graph.tensors[name]
        if tensor.dtype == "float32":
            target = _quantized(name, graph)
            low, high = np.iinfo(target.dtype).min, np.iinfo(target.dtype).max
            steps = generator.integers(low, high, tensor.shape, endpoint=True)
            inputs[name] = ((steps - target.zero_point) * target.scale).astype(np.float32)
        else:
            low, high = np.iinfo(tensor.dtype).min, np.iinfo(tensor.dtype).max
            inputs[name] = generator.integers(
                low, high, tensor.shape, np.dtype(tensor.dtype), endpoint=True
            )
    return inputs


def _quantized(name: str, graph: Graph) -> Tensor:
    """Follow a float tensor to where it becomes 8 bits; the range -1..1 where it does not."""
    for operator in graph.consumers(name):
        if isinstance(operator, Quantize):
            return graph.tensors[operator.output]
        return _quantized(operator.output, graph)
    return Tensor(name, (), "int8", 1 / 128)


def _from_archive(file: str, graph: Graph) -> dict[str, tuple[Array, str]]:
    archive = load_array(file)
    if not isinstance(archive, Mapping):
        raise InputError(f"{file}: is not an archive of arrays (.npz)")
    present = list(archive)
    if len(present) == len(graph.inputs) == 1:
        pairs = {graph.inputs[0]: present[0]}
    else:
        pairs = {name: name for name in graph.inputs}
        if set(present) != set(graph.inputs):
            raise InputError(
                f"{file}: has the arrays {', '.join(map(repr, present)) or 'none'}; the model takes"
                f" {_wanted(graph)}"
            )
    try:
        return {name: (archive[key], f"{file}, {key!r}") for name, key in pairs.items()}
    except Exception as error:  # damaged archives raise nearly every type
        raise InputError(f"{file}: cannot be read ({_reason(error)})") from None


def _from_files(files: str, graph: Graph) -> dict[str, tuple[Array, str]]:
    paths = files.split(",")
    if len(paths) != len(graph.inputs):
        raise InputError(
            f"--input {files}: names {len(paths)} files; the model takes {_wanted(graph)}"
        )
    arrays = {}
    for name, path in zip(graph.inputs, paths, strict=True):
        array = load_array(path)
        if not isinstance(array, np.ndarray):
            raise InputError(f"{path}: is not a single array (.npy)")
        arrays[name] = (array, path)
    return arrays


def load_array(file: str) -> Any:
    """Read a NumPy file: an array or an archive of arrays; `InputError` if it cannot be read."""
    try:
        return np.load(Path(file), allow_pickle=False)
    except Exception as error:  # damaged files raise nearly every type
        raise InputError(
            f"{file}: cannot be read ({_reason(error)}); a NumPy file (.npy or .npz) is accepted"
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError) and "pickle" in str(error):
        return "it is not an array file, or holds Python objects"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _wanted(graph: Graph) -> str:
    tensors = [graph.tensors[name] for name in graph.inputs]
    return ", ".join(f"{tensor.name!r} {tensor.dtype} {tensor.shape}" for tensor in tensors)


def _fitted(array: Array, tensor: Tensor, where: str) -> Array:
    """Check one input, and quantise it where it is a float."""
    accepted = f"the model takes {tensor.dtype} of shape {tensor.shape} for {tensor.name!r}"
    if tensor.dtype != "float32":
        accepted += ", or floats to be quantised"
    if array.shape != tensor.shape:
        raise InputError(f"{where}: has shape {array.shape}; {accepted}")
    floating = np.issubdtype(array.dtype, np.floating)
    if not floating and array.dtype != np.dtype(tensor.dtype):
        raise InputError(f"{where}: is of type {array.dtype}; {accepted}")
    if not floating:
        return array
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise InputError(f"{where}: holds values that are not finite; {accepted}")
    if tensor.dtype == "float32":
        return values
    steps = (values / np.float32(tensor.scale)).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps) + tensor.zero_point
    limits = np.iinfo(tensor.dtype)
    return np.clip(rounded, limits.min, limits.max).astype(tensor.dtype)
