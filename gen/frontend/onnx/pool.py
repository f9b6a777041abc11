"""MaxPool, AveragePool, GlobalAveragePool and ReduceMean."""

from dataclasses import replace

from zeroleap.gen.frontend.onnx.moving import moved
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Mean, Pending, Stored, Target, Value
from zeroleap.gen.frontend.onnx.window import WINDOW, window_geometry
from zeroleap.gen.ir import AveragePool, MaxPool, Pad, Padding, Tensor
from zeroleap.gen.quantization import mean_requantization, requantization

__all__ = ["average_pool", "global_average_pool", "max_pool", "reduce_mean"]

LAST = (0, 2, 3, 1)


def max_pool(node: Node) -> Value:
    """Read MaxPool; its result keeps the input's scale."""
    attributes = node.attributes(**WINDOW, ceil_mode=0, kernel_shape=(), storage_order=0)
    node.require("ceil_mode", attributes["ceil_mode"], 0, 1)
    node.require("storage_order", attributes["storage_order"], 0)
    node.require("dilations", list(attributes["dilations"]), [1, 1])
    window = tuple(attributes["kernel_shape"])

    def move(stored: Stored) -> Stored:
        stride, padding, size = window_geometry(node, attributes, stored.shape, window)
        source = node.builder.tensors[node.builder.channels_last(stored)]
        if source.dtype != "int8":
            raise node.refuse(f"input is {source.dtype}; a QuantizeLinear before it is accepted")
        channels = stored.shape[1]
        like = replace(source, name=node.output, shape=(1, *size, channels))
        result = node.builder.tensor(like)
        node.builder.operators.append(
            MaxPool(
                name=node.layer_name(),
                source=node.source,
                inputs=(source.name,),
                output=result.name,
                window=(window[0], window[1]),
                stride=stride,
                padding=padding,
                clamp=(-128, 127),
            )
        )
        shape = (1, channels, *size)
        return Stored(result.name, shape, LAST, shape, stored.unsigned)

    return moved(node, move)


def average_pool(node: Node) -> Value:
    """Read AveragePool."""
    attributes = node.attributes(**WINDOW, ceil_mode=0, count_include_pad=0, kernel_shape=())
    node.require("ceil_mode", attributes["ceil_mode"], 0, 1)
    node.require("dilations", list(attributes["dilations"]), [1, 1])
    counts = bool(attributes["count_include_pad"])
    if counts:
        node.require("ceil_mode", attributes["ceil_mode"], 0)
    value = node.quantized_input()
    window = tuple(attributes["kernel_shape"])
    stride, padding, size = window_geometry(node, attributes, value.stored.shape, window)
    shape = (1, value.stored.shape[1], *size)

    def finish(target: Target) -> Stored:
        source = node.builder.tensors[node.builder.channels_last(value.stored)]
        around = padding
        if counts and padding != Padding():
            source, around = _padded(node, source, padding), Padding()
        factors = None
        if (source.scale, source.zero_point) != (target.scale, target.zero_point):
            if around != Padding():
                raise node.refuse(
                    "scale or zero point changes and there is padding; either alone is accepted"
                )
            factors = requantization([source.scale / (target.scale * window[0] * window[1])])
        result = node.builder.result(target, (1, *size, shape[1]))
        node.builder.operators.append(
            AveragePool(
                name=node.layer_name(),
                source=node.source,
                inputs=(source.name,),
                output=result.name,
                window=(window[0], window[1]),
                stride=stride,
                padding=around,
                clamp=target.clamp,
                requantization=factors,
            )
        )
        return Stored(result.name, shape, LAST, shape, target.unsigned)

    return Pending(finish)


def _padded(node: Node, source: Tensor, padding: Padding) -> Tensor:
    """Add a Pad whose zeros count in the averages behind it."""
    pads = ((0, 0), (padding.top, padding.bottom), (padding.left, padding.right), (0, 0))
    shape = tuple(length + sum(around) for length, around in zip(source.shape, pads, strict=True))
    result = node.builder.tensor(replace(source, name=f"{source.name}:padded", shape=shape))
    name = node.builder.layer_name(f"{node.proto.name or node.output}:padding")
    node.builder.operators.append(
        Pad(name, node.source, (source.name,), result.name, pads, source.zero_point)
    )
    return result


def global_average_pool(node: Node) -> Value:
    """Read GlobalAveragePool: as TensorFlow Lite's MEAN over the whole map."""
    node.attributes()
    stored = node.quantized_input().stored
    if len(stored.shape) != 4 or stored.shape[0] != 1:
        raise node.refuse(f"input has shape {stored.shape}; 4 dimensions with batch 1 are accepted")
    return _averaged(node, Mean(node.builder.settled(stored), frozenset((2, 3)), (0, 1, 2, 3)))


def reduce_mean(node: Node) -> Value:
    """Read ReduceMean over rows, columns or both of a map, or over any one or two other axes.

    As TensorFlow Lite's MEAN. A mean of a mean is one over the axes of both, rounded once.
    """
    attributes = node.attributes(axes=None, keepdims=1, noop_with_empty_axes=0)
    given = node.integers(1, "axes")
    wanted = given if attributes["axes"] is None else tuple(attributes["axes"])
    before = _mean_before(node)
    stored, places = before.stored, before.places
    own = {places[node.axis(axis, len(places))] for axis in wanted or ()}
    axes = before.axes | own
    if len(stored.shape) != 4 or stored.shape[0] != 1 or not own or len(axes) > 2 or 0 in axes:
        averaged = f" averaged over {tuple(sorted(before.axes))}" if before.axes else ""
        raise node.refuse(
            f"axes are {wanted} of {stored.shape}{averaged}; one or two of a map of batch 1 are"
            " accepted"
        )
    left = places if attributes["keepdims"] else tuple(axis for axis in places if axis not in own)
    return _averaged(node, Mean(stored, axes, left))


def _mean_before(node: Node) -> Mean:
    """Return the input as a mean: that of a mean before, or over no axes."""
    value = node.value(0)
    if isinstance(value, Pending) and value.mean is not None:
        return value.mean
    stored = node.builder.settled(node.quantized_input().stored)
    return Mean(stored, frozenset(), tuple(range(len(stored.shape))))


def _averaged(node: Node, mean: Mean) -> Pending:
    stored, axes, order = mean.stored, mean.axes, mean.stored.order
    if not axes <= set(order[1:3]):
        inner = [axis for axis in range(1, 4) if axis not in axes]
        middle = [*sorted(axes), *inner][:2]
        order = (0, *middle, *(axis for axis in range(1, 4) if axis not in middle))
    window = tuple(stored.shape[axis] if axis in axes else 1 for axis in order[1:3])
    kept = tuple(1 if axis in axes else length for axis, length in enumerate(stored.shape))
    shape = tuple(kept[axis] for axis in mean.places)

    def finish(target: Target) -> Stored:
        source = node.builder.tensors[node.builder.ordered(stored, order)]
        result = node.builder.result(target, tuple(kept[axis] for axis in order))
        node.builder.operators.append(_mean(node, source, target, result, window))
        return Stored(result.name, kept, order, shape, target.unsigned)

    return Pending(finish, mean=mean)


def _mean(
    node: Node, source: Tensor, target: Target, result: Tensor, window: tuple[int, ...]
) -> AveragePool:
    return AveragePool(
        name=node.layer_name(),
        source=node.source,
        inputs=(source.name,),
        output=result.name,
        window=(window[0], window[1]),
        stride=(1, 1),
        padding=Padding(),
        clamp=target.clamp,
        requantization=mean_requantization(source.scale, target.scale, window[0] * window[1]),
    )
