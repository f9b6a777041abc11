"""One node of an ONNX model, on its way to the graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.onnx.builder import Builder
from zeroleap.gen.frontend.onnx.values import (
    Constant,
    Function,
    Pending,
    QuantizedConstant,
    Real,
    Value,
)
from zeroleap.gen.ir import Tensor

__all__ = ["Node"]

QUANTISE = "quantise the float model: zeroleap quantize FLOAT.onnx --data X.npy -o Q.onnx"


class Node:
    """A node with its values, and the words to refuse it in.

    Parameters
    ----------
    where : str
        File, node and operator, as messages begin.
    proto : onnx.NodeProto
    values : mapping of name to Value
        All that is known when the node runs.
    builder : Builder
    source : str
        The operator as the file calls it; ``proto`` may be a part of what that means.
    """

    def __init__(
        self, where: str, proto: Any, values: Mapping[str, Value], builder: Builder, source: str
    ) -> None:
        self.where = where
        self.proto = proto
        self.builder = builder
        self.source = source
        self._values = values

    @property
    def kind(self) -> str:
        """The operator that is read."""
        return str(self.proto.op_type)

    @property
    def output(self) -> str:
        """The name of the only output."""
        return str(self.proto.output[0])

    def layer_name(self) -> str:
        """Return a name for the layer that this node becomes."""
        return self.builder.layer_name(self.proto.name or self.output)

    def refuse(self, text: str) -> InputError:
        """Return the error that says ``text`` of this node."""
        return InputError(f"{self.where}: {text}")

    def attributes(self, **defaults: Any) -> dict[str, Any]:
        """Return the attributes named in ``defaults``; refuse any other."""
        values = dict(defaults)
        for attribute in self.proto.attribute:
            if attribute.name not in defaults:
                known = ", ".join(defaults) or "none"
                raise self.refuse(
                    f"attribute {attribute.name} is not supported; supported are: {known}"
                )
            value = onnx.helper.get_attribute_value(attribute)
            values[attribute.name] = value.decode() if isinstance(value, bytes) else value
        return values

    def require(self, attribute: str, value: Any, *accepted: Any) -> None:
        """Refuse an attribute whose value is not among those accepted."""
        if value not in accepted:
            listed = ", ".join(str(item) for item in accepted)
            raise self.refuse(f"attribute {attribute} is {value}; accepted: {listed}")

    def value(self, position: int) -> Value | None:
        """Return the input at ``position``; None if it is absent."""
        if position >= len(self.proto.input) or not self.proto.input[position]:
            return None
        name = self.proto.input[position]
        if name not in self._values:
            raise self.refuse(
                f"input {name!r} is written by no earlier node; nodes in order are accepted"
            )
        return self._values[name]

    def constant(self, position: int, what: str) -> npt.NDArray[Any] | None:
        """Return the constant at ``position``; None if it is absent."""
        value = self.value(position)
        if value is None:
            return None
        if not isinstance(value, Constant):
            raise self.refuse(f"{what} is computed; a constant is accepted")
        return value.array

    def integers(self, position: int, what: str, most: int = 8) -> tuple[int, ...] | None:
        """Return the constant at ``position``, up to ``most`` integers; None if it is absent."""
        array = self.constant(position, what)
        if array is None:
            return None
        if array.dtype.kind not in "iu" or array.size > most:
            raise self.refuse(
                f"{what} is {array.dtype} of size {array.size}; up to {most} integers are accepted"
            )
        return tuple(int(item) for item in array.reshape(-1))

    def quantized_input(self, position: int = 0) -> Real:
        """Return an input, which must come from a DequantizeLinear and be unlimited."""
        value = self.value(position)
        if isinstance(value, Pending | Function) or (
            isinstance(value, Real) and (value.low, value.high) != (-np.inf, np.inf)
        ):
            raise self.refuse(
                f"input {self.proto.input[position]!r} is not quantised; QuantizeLinear and"
                " DequantizeLinear before it are accepted"
            )
        if not isinstance(value, Real):
            raise self.unquantized(position)
        return value

    def unquantized(self, position: int) -> InputError:
        """Return the error that the input at ``position`` is not quantised."""
        return self.refuse(f"input {position} is not quantised; {QUANTISE}")

    def axis(self, axis: int, rank: int) -> int:
        """Return ``axis``, which may count from the end, as 0 or more."""
        if not -rank <= axis < rank:
            raise self.refuse(f"axis is {axis}; {-rank}..{rank - 1} is accepted")
        return axis % rank

    def single_scale(self, value: QuantizedConstant) -> tuple[npt.NDArray[np.int8], float, int]:
        """Return the integers, scale and zero point of an operand, as int8."""
        integers, zero_point = value.integers, int(value.zero_points[0])
        if integers.dtype == np.uint8:
            integers, zero_point = (integers ^ 0x80).view(np.int8), zero_point - 128
        if integers.dtype != np.int8 or value.scales.size != 1:
            raise self.refuse(
                f"a constant is {integers.dtype} with {value.scales.size} scales; int8 with 1 is"
                " accepted"
            )
        return integers, float(value.scales[0]), zero_point

    def stored_tensor(self, value: Real) -> Tensor:
        """Return the graph's tensor behind ``value``."""
        return self.builder.tensors[value.stored.tensor]

    def weights(self, rank: int) -> QuantizedConstant:
        """Return the second input: int8 weights of zero point 0 (uint8 of 128 are recentred)."""
        value = self.value(1)
        if not isinstance(value, QuantizedConstant):
            raise self.refuse(f"weights are not quantised constants; {QUANTISE}")
        integers, zero_points = value.integers, value.zero_points
        if integers.dtype == np.uint8:
            integers, zero_points = (integers ^ 0x80).view(np.int8), zero_points - 128
        if integers.dtype != np.int8:
            raise self.refuse(f"weights are {integers.dtype}; int8 is accepted")
        if integers.ndim != rank:
            raise self.refuse(
                f"weights have shape {integers.shape}; {rank} dimensions are accepted"
            )
        if np.any(zero_points):
            raise self.refuse("weights are asymmetric; zero point 0 (128 for uint8) is accepted")
        return QuantizedConstant(integers, value.scales, zero_points, value.axis)
