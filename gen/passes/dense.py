"""Turns dense layers into convolutions whose kernel is the whole map."""

from dataclasses import replace

from zeroleap.gen.ir import Convolution, FullyConnected, Graph, Operator, Padding, Reshape, Tensor
from zeroleap.gen.passes.rewriting import fresh_name, rebuild

__all__ = ["dense_to_convolution"]


def dense_to_convolution(graph: Graph) -> Graph:
    """Replace every FullyConnected by a Convolution on a map (1, height, width, channels).

    A flattened map is read as the map it was, with weights of its height and width; any other
    tensor is reshaped to (1, 1, rows, in_size) and meets a kernel of 1 x 1. The result has shape
    (1, 1, rows, out_channels) and is reshaped to the dense layer's own output.
    """
    operators: list[Operator] = []
    for operator in graph:
        if not isinstance(operator, FullyConnected):
            operators.append(operator)
            continue
        flat, target = graph.tensors[operator.input], graph.tensors[operator.output]
        out_channels, in_size = operator.weights.shape
        rows = flat.size // in_size
        source = _map_behind(operators, graph, flat, rows, in_size)
        if source is None:
            source = replace(
                flat, name=fresh_name(graph, f"{flat.name}:map"), shape=(1, 1, rows, in_size)
            )
            graph = replace(graph, tensors={**graph.tensors, source.name: source})
            operators.append(Reshape(operator.name, operator.source, (flat.name,), source.name))
        height, width = source.shape[1:3]
        kernel = (height, width) if rows == 1 else (1, 1)
        shape = (1, 1, 1, out_channels) if rows == 1 else (1, height, width, out_channels)
        result = target
        if target.shape != shape:
            name = fresh_name(graph, f"{target.name}:map")
            result = replace(target, name=name, shape=shape)
            graph = replace(graph, tensors={**graph.tensors, name: result})
        operators.append(
            Convolution(
                name=operator.name,
                source=operator.source,
                inputs=(source.name,),
                output=result.name,
                weights=operator.weights.reshape(out_channels, *kernel, source.shape[3]),
                bias=operator.bias,
                stride=(1, 1),
                padding=Padding(),
                requantization=operator.requantization,
                clamp=operator.clamp,
            )
        )
        if result is not target:
            operators.append(Reshape(operator.name, operator.source, (result.name,), target.name))
    return rebuild(graph, operators)


def _map_behind(
    done: list[Operator], graph: Graph, flat: Tensor, rows: int, in_size: int
) -> Tensor | None:
    """Return the map with ``flat``'s elements that a convolution can read, or None."""
    name: str | None = flat.name
    while name is not None:
        tensor = graph.tensors[name]
        if (
            len(tensor.shape) == 4
            and tensor.shape[0] == 1
            and (rows == 1 or tensor.shape[3] == in_size)
        ):
            return tensor
        producer = next((op for op in done if op.output == name), None)
        name = producer.input if isinstance(producer, Reshape) else None
    return None
