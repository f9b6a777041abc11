"""MaxPool, AveragePool and GlobalAveragePool."""

from dataclasses import replace

from zeroleap.gen.frontend.onnx.moving import moved
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Pending, Real, Stored, Target, Value
from zeroleap.gen.frontend.onnx.window import window_geometry
from zeroleap.gen.ir import AveragePool, MaxPool, Padding
from zeroleap.gen.quantization import requantization

__all__ = ["average_pool", "global_average_pool", "max_pool"]

LAST = (0, 2, 3, 1)


def max_pool(node: Node) -> Value:
    """Read MaxPool; its result keeps the input's scale."""
    attributes = node.attributes(
        auto_pad="NOTSET",
        ceil_mode=0,
        dilations=[1, 1],
        kernel_shape=(),
        pads=[0] * 4,
        storage_order=0,
        strides=[1, 1],
    )
    node.require("ceil_mode", attributes["ceil_mode"], 0)
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
    attributes = node.attributes(
        auto_pad="NOTSET",
        ceil_mode=0,
        count_include_pad=0,
        dilations=[1, 1],
        kernel_shape=(),
        pads=[0] * 4,
        strides=[1, 1],
    )
    node.require("ceil_mode", attributes["ceil_mode"], 0)
    node.require("dilations", list(attributes["dilations"]), [1, 1])
    if any(attributes["pads"]):
        node.require("count_include_pad", attributes["count_include_pad"], 0)
    value = node.quantized_input()
    window = tuple(attributes["kernel_shape"])
    stride, padding, size = window_geometry(node, attributes, value.stored.shape, window)
    return _average(node, value, (window[0], window[1]), stride, padding, size)


def global_average_pool(node: Node) -> Value:
    """Read GlobalAveragePool: one window over the whole map."""
    node.attributes()
    value = node.quantized_input()
    if len(value.stored.shape) != 4 or value.stored.shape[0] != 1:
        raise node.refuse(
            f"input has shape {value.stored.shape}; 4 dimensions with batch 1 are accepted"
        )
    window = (value.stored.shape[2], value.stored.shape[3])
    return _average(node, value, window, (1, 1), Padding(), (1, 1))


def _average(
    node: Node,
    value: Real,
    window: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding,
    size: tuple[int, int],
) -> Pending:
    shape = (1, value.stored.shape[1], *size)

    def finish(target: Target) -> Stored:
        source = node.builder.tensors[node.builder.channels_last(value.stored)]
        factors = None
        if (source.scale, source.zero_point) != (target.scale, target.zero_point):
            if padding != Padding():
                raise node.refuse(
                    "scale or zero point changes and there is padding; either alone is accepted"
                )
            real = source.scale / (target.scale * window[0] * window[1])
            factors = requantization([real])
        result = node.builder.result(target, (1, *size, shape[1]))
        node.builder.operators.append(
            AveragePool(
                name=node.layer_name(),
                source=node.source,
                inputs=(source.name,),
                output=result.name,
                window=window,
                stride=stride,
                padding=padding,
                clamp=target.clamp,
                requantization=factors,
            )
        )
        return Stored(result.name, shape, LAST, shape, target.unsigned)

    return Pending(finish)
