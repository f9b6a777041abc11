"""A whole network, an operator after the other."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import (
    Add,
    ArgMax,
    AveragePool,
    Concatenate,
    Convolution,
    DepthwiseConvolution,
    Dequantize,
    FullyConnected,
    Graph,
    Interpolate,
    LogSoftmax,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    Operator,
    Pad,
    Quantize,
    Rearrange,
    Reshape,
    Resize,
    Slice,
    Softmax,
    Subtract,
    Table,
    Tensor,
    Transpose,
    TransposedConvolution,
)
from zeroleap.sim.reference.arg_max import arg_max
from zeroleap.sim.reference.convolution import convolve
from zeroleap.sim.reference.dense import dense
from zeroleap.sim.reference.elementwise import add_or_subtract, largest_or_smallest, multiply
from zeroleap.sim.reference.interpolation import interpolate
from zeroleap.sim.reference.log_softmax import log_softmax
from zeroleap.sim.reference.pool import average_pool, max_pool
from zeroleap.sim.reference.quantize import dequantize, quantize
from zeroleap.sim.reference.shape import (
    concatenate,
    pad_border,
    rearrange,
    reshape,
    resize,
    slice_,
    transpose,
)
from zeroleap.sim.reference.softmax import softmax
from zeroleap.sim.reference.table import look_up
from zeroleap.sim.reference.transposed import transposed_convolve

__all__ = ["OPERATORS", "check_inputs", "run", "run_operators"]

OPERATORS: Mapping[type[Operator], Callable[..., npt.NDArray[Any]]] = {
    Add: add_or_subtract,
    ArgMax: arg_max,
    AveragePool: average_pool,
    Concatenate: concatenate,
    Convolution: convolve,
    DepthwiseConvolution: convolve,
    Dequantize: dequantize,
    FullyConnected: dense,
    Interpolate: interpolate,
    LogSoftmax: log_softmax,
    MaxPool: max_pool,
    Maximum: largest_or_smallest,
    Minimum: largest_or_smallest,
    Multiply: multiply,
    Pad: pad_border,
    Quantize: quantize,
    Reshape: reshape,
    Rearrange: rearrange,
    Resize: resize,
    Slice: slice_,
    Softmax: softmax,
    Subtract: add_or_subtract,
    Table: look_up,
    Transpose: transpose,
    TransposedConvolution: transposed_convolve,
}
"""Called with the operator, the values of each input, each input's `Tensor`, and the output's."""


def run(graph: Graph, inputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Return the values of every tensor of ``graph``, inputs and constants among them, by name.

    Parameters
    ----------
    inputs : mapping of name to array
        One for each input of the graph, in its type and shape.

    Raises
    ------
    ValueError
        An input is missing, or an array is not of its tensor's type and shape.
    """
    check_inputs(graph, inputs)
    return run_operators(graph, graph.operators, inputs)


def check_inputs(graph: Graph, inputs: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raise a `ValueError` unless each input has an array; `run_operators` checks what it is."""
    if set(inputs) != set(graph.inputs):
        raise ValueError(f"inputs must be {sorted(graph.inputs)}, not {sorted(inputs)}")


def run_operators(
    graph: Graph, operators: Iterable[Operator], values: Mapping[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """Return ``values``, the constants, and what ``operators``, a part of ``graph``, write.

    Raises
    ------
    ValueError
        A value is not of its tensor's type and shape.
    """
    values = {
        name: _checked(array, graph.tensors[name])
        for name, array in {**graph.constants, **values}.items()
    }
    for operator in operators:
        sources = [graph.tensors[name] for name in operator.inputs]
        target = graph.tensors[operator.output]
        arrays = [values[source.name] for source in sources]
        result = OPERATORS[type(operator)](operator, *arrays, *sources, target)
        values[target.name] = _checked(result, target)
    return values


def _checked(values: npt.NDArray[Any], tensor: Tensor) -> npt.NDArray[Any]:
    if values.dtype != np.dtype(tensor.dtype) or values.shape != tensor.shape:
        raise ValueError(
            f"{tensor.name} must be {tensor.dtype} of shape {tensor.shape}, "
            f"not {values.dtype} of shape {values.shape}"
        )
    return values
