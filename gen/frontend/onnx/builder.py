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
    """

    def __init__(self, reserved: set[str]) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.operators: list[Operator] = []
        self._reserved = reserved
        self._layers: set[str] = set()

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
        order = (0, 2, 3, 1)
        if value.shape == value.base and value.order == order:
            return value.tensor
        return self._transpose(self.as_is(value), order, "channels_last")

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
        shape = tuple(source.shape[axis] for axis in permutation)
        target = self.tensor(replace(source, name=f"{name}:{suffix}", shape=shape))
        layer = self.layer_name(target.name)
        self.operators.append(Transpose(layer, "Transpose", (name,), target.name, permutation))
        return target.name

    def _reshape(self, name: str, shape: tuple[int, ...]) -> str:
        source = self.tensors[name]
        if source.shape == shape:
            return name
        target = self.tensor(replace(source, name=f"{name}:reshaped", shape=shape))
        layer = self.layer_name(target.name)
        self.operators.append(Reshape(layer, "Reshape", (name,), target.name))
        return target.name
