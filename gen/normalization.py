"""Makes batch normalisation a part of the dense layer before it, in float ONNX models.

onnxruntime does so for convolutions, and for a MatMul without a bias.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import helper, numpy_helper

from zeroleap.gen.frontend.names import first_free

__all__ = ["fold_into_dense"]

Reals = npt.NDArray[np.float32]


def fold_into_dense(model: Any) -> None:
    """Give each Gemm, in place, the factors and offsets of the BatchNormalization behind it.

    ``(alpha * x @ w + beta * c) * factor + offset`` is ``alpha * x @ w' + c'``, if constants are
    initialisers and nothing else reads the Gemm's result. What cannot be made one stays as it is:
    also where that would give numbers that are not finite.
    """
    graph = model.graph
    for normalization in [node for node in graph.node if node.op_type == "BatchNormalization"]:
        constants = {item.name: item for item in graph.initializer}
        dense = _dense_before(graph, normalization)
        if dense is None:
            continue
        old = {*dense.input[1:], *normalization.input[1:]} - {""}
        arrays = _folded(dense, normalization, constants) if old <= constants.keys() else None
        if arrays is None:
            continue
        taken = {name for node in graph.node for name in (*node.input, *node.output)}
        del dense.input[1:]
        for what, array in zip(("weights", "bias"), arrays, strict=True):
            dense.input.append(first_free(f"{normalization.output[0]}:{what}", taken))
            graph.initializer.append(numpy_helper.from_array(array, dense.input[-1]))
        others = [item for item in dense.attribute if item.name != "beta"]
        del dense.attribute[:]
        dense.attribute.extend(others)
        dense.output[0] = normalization.output[0]
        graph.node.remove(normalization)
        for name in old - {name for node in graph.node for name in node.input}:
            graph.initializer.remove(constants[name])


def _dense_before(graph: Any, normalization: Any) -> Any | None:
    """Return the Gemm that ``normalization`` follows, if nothing else reads its result."""
    name = normalization.input[0]
    readers = [name for node in graph.node for name in node.input].count(name)
    if readers != 1 or any(item.name == name for item in graph.output):
        return None
    return next((n for n in graph.node if name in n.output and n.op_type == "Gemm"), None)


def _folded(
    dense: Any, normalization: Any, constants: Mapping[str, Any]
) -> tuple[Reals, Reals] | None:
    """Return weights and bias of both in one; None if there are none."""
    names = (*dense.input[1:3], *[""] * (3 - len(dense.input)), *normalization.input[1:5])
    weights, bias, scale, shift, mean, variance = (
        numpy_helper.to_array(constants[name]).astype(np.float64) if name else np.zeros(1)
        for name in names
    )
    gemm, own = _attributes(dense), _attributes(normalization)
    is_training = own.get("training_mode", 0) or len(normalization.output) > 1
    if is_training or bias.shape[:-1] not in ((), (1,)):
        return None
    with np.errstate(all="ignore"):
        factors = scale / np.sqrt(variance + own.get("epsilon", 1e-5))
        sums = (gemm.get("beta", 1.0) * bias.reshape(-1) - mean) * factors + shift
        weights = weights * (factors[:, None] if gemm.get("transB", 0) else factors)
        arrays = weights.astype(np.float32), sums.astype(np.float32)
    return arrays if all(np.isfinite(array).all() for array in arrays) else None


def _attributes(node: Any) -> dict[str, Any]:
    return {item.name: helper.get_attribute_value(item) for item in node.attribute}
