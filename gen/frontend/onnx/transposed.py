"""ConvTranspose."""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.limits import shape_problem
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.transposed_window import TRANSPOSED_WINDOW, transposed_geometry
from zeroleap.gen.frontend.onnx.values import Pending, Stored, Target, Value
from zeroleap.gen.frontend.onnx.weighted import bias_integers, bias_value, check_axis
from zeroleap.gen.ir import TransposedConvolution
from zeroleap.gen.passes.kernels import of_one_group
from zeroleap.gen.quantization import channel_scales, requantization

__all__ = ["transposed_convolution"]

MOST_WEIGHTS = 2**20
"""Of all groups as one, zeros included."""


def transposed_convolution(node: Node) -> Value:
    """Read ConvTranspose of two dimensions; groups are made one, with zeros between them."""
    attributes = node.attributes(**TRANSPOSED_WINDOW, group=1, kernel_shape=None)
    weights = node.weights(rank=4)
    depth, group_channels, *kernel = weights.integers.shape
    if attributes["kernel_shape"] is not None:
        node.require("kernel_shape", list(attributes["kernel_shape"]), kernel)
    value = node.quantized_input()
    in_shape, window = value.stored.shape, (kernel[0], kernel[1])
    stride, before, size = transposed_geometry(node, attributes, in_shape, window)
    if in_shape[1] != depth:
        raise node.refuse(
            f"input has {in_shape[1]} channels; {depth}, those of the weights, are accepted"
        )
    group = attributes["group"]
    _check_group(node, group, weights.integers.shape)
    out_channels = group * group_channels
    shape = (1, out_channels, *size)
    if problem := shape_problem(shape):
        raise node.refuse(problem)
    check_axis(node, weights, 1)
    bias = bias_value(node, 2)
    scales = weights.scales if weights.axis is None else np.tile(weights.scales, group)

    def finish(target: Target) -> Stored:
        source = node.builder.tensors[node.builder.channels_last(value.stored)]
        result = node.builder.result(target, (1, *size, out_channels))
        reals = channel_scales(source.scale, scales.tolist(), target.scale, out_channels)
        node.builder.operators.append(
            TransposedConvolution(
                name=node.layer_name(),
                source=node.source,
                inputs=(source.name,),
                output=result.name,
                weights=of_one_group(_in_groups(weights.integers, group), group),
                bias=bias_integers(node, bias, source.scale, scales, out_channels),
                stride=stride,
                before=before,
                requantization=requantization(reals),
                clamp=target.clamp,
                groups=group,
            )
        )
        return Stored(result.name, shape, (0, 2, 3, 1), shape, target.unsigned)

    return Pending(finish)


def _check_group(node: Node, group: int, shape: tuple[int, ...]) -> None:
    """Refuse groups that weights of ``shape`` are not fit for, or that make too many of them."""
    depth, group_channels, height, width = shape
    if group < 1 or depth % group:
        raise node.refuse(
            f"attribute group is {group} with {depth} input channels; accepted: a number that"
            " divides them"
        )
    count = depth * height * width * group * group_channels
    if group > 1 and count > MOST_WEIGHTS:
        raise node.refuse(
            f"attribute group is {group}, which makes {count} weights with zeros between the"
            f" groups; up to {MOST_WEIGHTS} are accepted"
        )


def _in_groups(weights: npt.NDArray[np.int8], groups: int) -> npt.NDArray[np.int8]:
    """Return weights (in_channels, out_channels of a group, ...) as a convolution has them."""
    depth, each, *kernel = weights.shape
    split = weights.reshape(groups, depth // groups, each, *kernel)
    return split.transpose(0, 2, 3, 4, 1).reshape(groups * each, *kernel, depth // groups)
