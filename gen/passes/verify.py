"""What a well-formed graph is, as code that can be run."""

import numpy as np

from zeroleap.gen.ir import Graph, Tensor
from zeroleap.gen.passes.rules import RULES
from zeroleap.gen.passes.rules.common import require

__all__ = ["verify"]

RANGES = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "float32": (0, 0),
    "int32": (0, 0),
    "int64": (0, 0),
}
NUMBERS = {1: "one input", 2: "two inputs", None: "inputs"}


def verify(graph: Graph) -> Graph:
    """Return ``graph``, every rule of `zeroleap.gen.ir` checked.

    Tensors have a known type, positive dimensions, a positive scale and a zero point in range;
    operators run in order, read what was written before them and write each tensor once; shapes,
    types and constants agree with each operator.

    Raises
    ------
    ValueError
        A rule, the operator or tensor that breaks it, and its value.
    """
    for name, tensor in graph.tensors.items():
        require(tensor.name == name, f"a tensor's key must be its name {tensor.name!r}", name)
        _verify_tensor(tensor)
    for name, values in graph.constants.items():
        _verify_constant(graph, name, values)
    written = {*graph.inputs, *graph.constants}
    for operator in graph:
        where = f"operator {operator.name!r}"
        for name in (*operator.inputs, operator.output):
            require(name in graph.tensors, f"{where}: must use tensors of the graph", name)
        require(
            written.issuperset(operator.inputs),
            f"{where}: must come after what writes its inputs",
            operator.inputs,
        )
        require(
            operator.output not in written, f"{where}: must write a new tensor", operator.output
        )
        written.add(operator.output)
        require(type(operator) in RULES, f"{where}: must be of a known kind", operator.kind)
        require(
            len(operator.inputs) == (operator.arity or max(1, len(operator.inputs))),
            f"{where}: must have {NUMBERS[operator.arity]}",
            operator.inputs,
        )
        try:
            RULES[type(operator)](
                operator, *(graph.tensors[name] for name in (*operator.inputs, operator.output))
            )
        except ValueError as error:
            raise ValueError(f"{where} ({operator.source}): {error}") from None
    for role, names in (("input", graph.inputs), ("output", graph.outputs)):
        require(len(set(names)) == len(names), f"each graph {role} must be named once", names)
    require(written.issuperset(graph.outputs), "graph outputs must be written", graph.outputs)
    return graph


def _verify_tensor(tensor: Tensor) -> None:
    where = f"tensor {tensor.name!r}:"
    require(tensor.dtype in RANGES, f"{where} type must be {', '.join(RANGES)}", tensor.dtype)
    require(
        all(n >= 1 for n in tensor.shape), f"{where} dimensions must be 1 or more", tensor.shape
    )
    require(
        tensor.scale > 0 and np.isfinite(tensor.scale),
        f"{where} scale must be positive and finite",
        tensor.scale,
    )
    low, high = RANGES[tensor.dtype]
    require(
        low <= tensor.zero_point <= high,
        f"{where} zero point must be in {low}..{high}",
        tensor.zero_point,
    )


def _verify_constant(graph: Graph, name: str, values: np.ndarray) -> None:
    where = f"constant {name!r}:"
    require(name in graph.tensors, f"{where} must be a tensor of the graph", name)
    require(name not in graph.inputs, f"{where} must not be an input", graph.inputs)
    expected = (graph.tensors[name].dtype, graph.tensors[name].shape)
    found = (str(values.dtype), values.shape)
    require(found == expected, f"{where} must be {expected[0]} of shape {expected[1]}", found)
