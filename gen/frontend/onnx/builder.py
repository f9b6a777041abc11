"""The graph under construction, and the layouts of the values in it."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.names import first_free
from zeroleap.gen.frontend.onnx.values import Stored, Target
from zeroleap.gen.ir import Operator, Reshape, Tensor, Transpose

__all__ = ["Builder"]


class Builder:
    """Collects tensors and operators under names of their own.

    Parameters
    ----------
    reserved : set of str
        Names of the model's inputs and outputs, which nothing else may take.
    opset : int
        What the model's operators mean.
    """

    def __init__(self, reserved: set[str], opset: int) -> None:
        self.opset = opset
        self.tensors: dict[str, Tensor] = {}
        self.constants: dict[str, npt.NDArray[np.int8]] = {}
        self.operators: list[Operator] = []
        self._reserved = reserved
        self._layers: set[str] = set()
        self._transposed: dict[tuple[str, tuple[int, ...]], str] = {}

    def layer_name(self, name: str) -> str:
        """Return ``name``, made unique among the layers."""
        name = first_free(name, self._layers)
        self._layers.add(name)
        return name

    def tensor(self, like: Tensor) -> Tensor:
        """Add a tensor like this one, under a name that is free."""
        taken = self._reserved | self.tensors.keys()
        tensor = replace(like, name=first_free(like.name, taken))
        self.tensors[tensor.name] = tensor
        return tensor

    def result(self, target: Target, shape: tuple[int, ...]) -> Tensor:
        """Add an int8 tensor of ``shape`` for ``target``."""
        return self.tensor(Tensor(target.name, shape, "int8", target.scale, target.zero_point))

    def as_is(self, value: Stored) -> str:
        """Return the tensor with the value in the file's own layout and shape."""
        name = value.tensor
        if value.order != tuple(range(len(value.order))):
            back = tuple(int(axis) for axis in np.argsort(value.order))
            name = self._transpose(name, back, "file_layout")
        return self._reshape(name, value.shape)

    def channels_last(self, value: Stored) -> str:
        """Return the tensor with a value (1, channels, height, width), channels last."""
        return self.ordered(value, (0, 2, 3, 1))

    def ordered(self, value: Stored, order: tuple[int, ...]) -> str:
        """Return the tensor with a value's axes, filled up in front, in this order."""
        if value.shape == value.base and value.order == order:
            return value.tensor
        filled = (1,) * (len(order) - len(value.shape)) + value.shape
        name = self._reshape(self.as_is(value), filled)
        if order == tuple(range(len(order))):
            return name
        is_last = order == (0, 2, 3, 1)
        return self._transpose(name, order, "channels_last" if is_last else "turned")

    def settled(self, value: Stored) -> Stored:
        """Return the value with axes of its own: its shape is no other view of what is stored."""
        if value.shape == value.base:
            return value
        plain = tuple(range(len(value.shape)))
        return replace(value, tensor=self.as_is(value), base=value.shape, order=plain)

    def constant(self, tensor: Tensor, array: npt.NDArray[np.int8]) -> str:
        """Add a tensor like this one that is known before any input; return its name."""
        name = self.tensor(tensor).name
        self.constants[name] = array
        return name

    def flat(self, value: Stored) -> tuple[str, npt.NDArray[np.int64]]:
        """Return the tensor of a value (rows, size), and which of its columns each element is.

        A flattened map stays in its stored order: the weights are to be permuted instead.
        """
        size = value.shape[-1]
        if value.base[0] != 1 or np.prod(value.shape[:-1]) != 1:
            return self.as_is(value), np.arange(size)
        columns = np.arange(size).reshape(value.base).transpose(value.order).reshape(-1)
        return self._reshape(value.tensor, value.shape), columns

    def _transpose(self, name: str, permutation: tuple[int, ...], suffix: str) -> str:
        source = self.tensors[name]
        if (name, permutation) in self._transposed:
            return self._transposed[name, permutation]
        shape = tuple(source.shape[axis] for axis in permutation)
        target = self.tensor(replace(source, name=f"{name}:{suffix}", shape=shape))
        layer = self.layer_name(target.name)
        self.operators.append(Transpose(layer, "Transpose", (name,), target.name, permutation))
        self._transposed[name, permutation] = target.name
        return target.name

    def _reshape(self, name: str, shape: tuple[int, ...]) -> str:
        source = self.tensors[name]
        if source.shape == shape:
            return name
        target = self.tensor(replace(source, name=f"{name}:reshaped", shape=shape))
        layer = self.layer_name(target.name)
        self.operators.append(Reshape(layer, "Reshape", (name,), target.name))
        return target.name
