"""Walks an ONNX model: its nodes in order, each given to its family's file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import onnx

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.limits import MOST_ELEMENTS, shape_problem
from zeroleap.gen.frontend.names import readable
from zeroleap.gen.frontend.onnx.builder import Builder
from zeroleap.gen.frontend.onnx.constants import folded
from zeroleap.gen.frontend.onnx.families import OPERATORS
from zeroleap.gen.frontend.onnx.node import QUANTISE, Node
from zeroleap.gen.frontend.onnx.qoperator import QOPERATORS, written_out
from zeroleap.gen.frontend.onnx.raw_inputs import dequantised_first
from zeroleap.gen.frontend.onnx.schemes import other_scheme
from zeroleap.gen.frontend.onnx.values import Constant, RawInput, Real, Stored, Value
from zeroleap.gen.ir import Dequantize, Graph, Quantize, Reshape, Tensor
from zeroleap.gen.quantization import requantization

__all__ = ["read"]

OLDEST_OPSET = 11  # Clip's bounds became inputs
SCORES = ("LogSoftmax", "Sigmoid", "Softmax")
"""What keeps the order of scores, so that a model may as well end before it."""
INPUT_TYPES = {
    onnx.TensorProto.FLOAT: "float32",
    onnx.TensorProto.INT8: "int8",
    onnx.TensorProto.UINT8: "uint8",
}


def read(name: str, content: bytes) -> Graph:
    """Return the graph of the file ``name`` with ``content``.

    Raises
    ------
    InputError
        Something is not supported; the message names file, node, operator and attribute.
    Exception
        The file is damaged: of many types, from protobuf and onnx.
    """
    model = onnx.load_model_from_string(content)
    graph = model.graph
    _check_operators(name, graph)
    _check_opset(name, model)
    values: dict[str, Value] = dict(_initializers(name, graph))
    onnx.checker.check_model(model)
    inputs = [item for item in graph.input if item.name not in values]
    opset = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    builder = Builder({item.name for item in (*inputs, *graph.output)}, opset)
    for item in inputs:
        values[item.name] = _input(name, item, builder)
    raw = [item.name for item in inputs if isinstance(values[item.name], RawInput)]
    names = {output for node in graph.node for output in node.output}
    for index, proto in dequantised_first(graph.node, raw, names):
        where = _where(name, index, proto)
        if not proto.output or any(not output for output in proto.output):
            raise InputError(f"{where}: an output has no name; named ones are accepted")
        for step in written_out(proto, values):
            node = Node(where, step, values, builder, str(proto.op_type))
            values.update(zip(step.output, _results(node), strict=True))
    for item in graph.output:
        _deliver(name, item, values, builder, graph.node)
    for item in inputs:
        if item.name not in builder.tensors:
            raise InputError(
                f"{name}: model input {readable(item.name)!r} is not used as a quantised tensor;"
                " a QuantizeLinear or DequantizeLinear of it is accepted"
            )
    return Graph(
        name=name,
        tensors=builder.tensors,
        inputs=tuple(item.name for item in inputs),
        outputs=tuple(item.name for item in graph.output),
        operators=tuple(builder.operators),
        constants=builder.constants,
    )


def _results(node: Node) -> tuple[Value, ...]:
    """Read a node: a value for each of its outputs."""
    found = folded(node) or OPERATORS[node.kind](node)
    results = found if isinstance(found, tuple) else (found,)
    if len(results) != len(node.proto.output):
        raise node.refuse(f"has {len(node.proto.output)} outputs; {len(results)} is accepted")
    return results


def _where(name: str, index: int, proto: Any) -> str:
    label = proto.name or (proto.output[0] if proto.output else "")
    return f"{name}: node {index} {readable(label)!r} ({readable(proto.op_type)})"


def _check_operators(name: str, graph: Any) -> None:
    for index, proto in enumerate(graph.node):
        problem = other_scheme(proto)
        if problem:
            raise InputError(f"{_where(name, index, proto)}: {problem}")
    kinds = {node.op_type for node in graph.node}
    if kinds and not any("Quantize" in kind or "QLinear" in kind for kind in kinds):
        raise InputError(f"{name}: the model is not quantised (no QuantizeLinear); {QUANTISE}")
    for index, proto in enumerate(graph.node):
        form = QOPERATORS.get(proto.op_type)
        home = form.domain if form else "" if proto.op_type in OPERATORS else None
        if proto.domain.replace("ai.onnx", "") != home:
            domain = f" of domain {readable(proto.domain)}" if proto.domain else ""
            raise InputError(
                f"{_where(name, index, proto)}: operator{domain} is not supported; supported are"
                f" {', '.join((*OPERATORS, *QOPERATORS))}"
            )


def _check_opset(name: str, model: Any) -> None:
    newest = onnx.defs.onnx_opset_version()
    versions = [item.version for item in model.opset_import if item.domain in ("", "ai.onnx")]
    if len(versions) != 1 or not OLDEST_OPSET <= versions[0] <= newest:
        raise InputError(
            f"{name}: opset is {', '.join(map(str, versions)) or 'absent'};"
            f" {OLDEST_OPSET}..{newest} is accepted"
        )


def _initializers(name: str, graph: Any) -> dict[str, Constant]:
    if graph.sparse_initializer:
        raise InputError(f"{name}: sparse initializers are not supported; dense ones are accepted")
    constants = {}
    for tensor in graph.initializer:
        where = f"{name}: initializer {readable(tensor.name)!r}"
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise InputError(f"{where} is in another file; data inside the model are accepted")
        if math.prod(tensor.dims) > MOST_ELEMENTS:
            raise InputError(f"{where} has more than {MOST_ELEMENTS} elements")
        constants[tensor.name] = Constant(onnx.numpy_helper.to_array(tensor))
    return constants


def _input(name: str, item: Any, builder: Builder) -> Value:
    where = f"{name}: model input {readable(item.name)!r}"
    dtype = INPUT_TYPES.get(item.type.tensor_type.elem_type)
    if dtype is None:
        raise InputError(f"{where} is of another type than accepted: float32, int8, uint8")
    dims = _dims(item)
    if dims and dims[0] is None:
        dims = (1, *dims[1:])  # a batch that may be any is 1
    lengths = tuple(length for length in dims if length is not None)
    if len(lengths) != len(dims):
        raise InputError(
            f"{where} has a variable dimension; fixed ones (but the batch) are accepted"
        )
    problem = shape_problem(lengths)
    if problem:
        raise InputError(f"{where} is not accepted: {problem}")
    if lengths[:1] != (1,):
        raise InputError(f"{where} has shape {lengths}; a batch (first dimension) of 1 is accepted")
    if dtype != "float32":
        return RawInput(item.name, lengths, dtype)
    builder.tensors[item.name] = Tensor(item.name, lengths, dtype)
    return Stored(item.name, lengths, tuple(range(len(lengths))), lengths)


def _dims(item: Any) -> tuple[int | None, ...]:
    return tuple(
        int(dim.dim_value) if dim.HasField("dim_value") else None
        for dim in item.type.tensor_type.shape.dim
    )


def _deliver(
    name: str, item: Any, values: Mapping[str, Value], builder: Builder, nodes: Sequence[Any]
) -> None:
    """Write a value to the model's output, in the file's layout and type."""
    where = f"{name}: model output {readable(item.name)!r}"
    value = values.get(item.name)
    stored = value.stored if isinstance(value, Real) else value
    if (
        not isinstance(stored, Stored)
        or builder.tensors[stored.tensor].dtype == "float32"
        or (isinstance(value, Real) and value != Real(stored))
    ):
        raise InputError(f"{where} is not quantised{_at_the_end(item.name, values, nodes)}")
    dims = _dims(item)
    if len(dims) != len(stored.shape) or any(
        dim not in (None, length) for dim, length in zip(dims, stored.shape, strict=True)
    ):
        raise InputError(
            f"{where} is declared {dims} and computed {stored.shape}; equal is accepted"
        )
    source = builder.tensors[builder.as_is(stored)]
    layer, inputs = builder.layer_name(item.name), (source.name,)
    if isinstance(value, Real):
        builder.tensors[item.name] = Tensor(item.name, source.shape, "float32")
        builder.operators.append(Dequantize(layer, "DequantizeLinear", inputs, item.name))
    elif stored.unsigned:
        target = replace(source, name=item.name, dtype="uint8", zero_point=source.zero_point + 128)
        builder.tensors[item.name] = target
        ratio = requantization([1.0])
        builder.operators.append(Quantize(layer, "QuantizeLinear", inputs, item.name, ratio))
    else:
        builder.tensors[item.name] = replace(source, name=item.name)
        builder.operators.append(Reshape(layer, "QuantizeLinear", inputs, item.name))


def _at_the_end(output: str, values: Mapping[str, Value], nodes: Sequence[Any]) -> str:
    """Return what is accepted instead of an ``output`` that is not quantised."""
    accepted = (
        "a QuantizeLinear, and a DequantizeLinear if it shall be float32, at the end of the network"
    )
    maker = next((node for node in nodes if output in node.output), None)
    if maker is not None and maker.op_type in SCORES:
        source = values[maker.input[0]]
        if isinstance(source, Real) and source == Real(source.stored):
            return (
                f": it is a {maker.op_type} of floats; a model that ends before it, in"
                f" {readable(maker.input[0])!r} (see onnx.utils.extract_model), or {accepted} are"
                " accepted"
            )
    return f"; {accepted} are accepted"
