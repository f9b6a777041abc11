"""Conv, Gemm and MatMul."""

from dataclasses import replace
from typing import Any

import numpy as np

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Pending, QuantizedConstant, Stored, Target, Value
from zeroleap.gen.frontend.onnx.weighted import Bias, bias_integers, bias_value, check_axis
from zeroleap.gen.frontend.onnx.window import WINDOW, window_geometry
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, FullyConnected
from zeroleap.gen.quantization import channel_scales, requantization

__all__ = ["convolution", "gemm", "matmul"]


def convolution(node: Node) -> Value:
    """Read Conv of two dimensions; with a group for each channel it is a depthwise one."""
    attributes = node.attributes(**WINDOW, group=1, kernel_shape=None)
    weights = node.weights(rank=4)
    out_channels, in_channels, *kernel = weights.integers.shape
    if attributes["kernel_shape"] is not None:
        node.require("kernel_shape", list(attributes["kernel_shape"]), kernel)
    value = node.quantized_input()
    window = (kernel[0], kernel[1])
    stride, padding, size = window_geometry(node, attributes, value.stored.shape, window)
    depth, group = value.stored.shape[1], attributes["group"]
    if group < 1 or out_channels % group:
        raise node.refuse(
            f"attribute group is {group} with {out_channels} output channels; accepted: a number"
            " that divides them"
        )
    if depth != in_channels * group:
        raise node.refuse(
            f"input has {depth} channels; {in_channels * group}, those of the weights, are accepted"
        )
    check_axis(node, weights, 0)
    bias = bias_value(node, 2)
    shape = (1, out_channels, *size)
    dilation = (int(attributes["dilations"][0]), int(attributes["dilations"][1]))
    is_depthwise = 1 < group == depth == out_channels

    def finish(target: Target) -> Stored:
        source = node.builder.tensors[node.builder.channels_last(value.stored)]
        result = node.builder.result(target, (1, *size, out_channels))
        scales = weights.scales.tolist()
        fields: dict[str, Any] = {
            "name": node.layer_name(),
            "source": node.source,
            "inputs": (source.name,),
            "output": result.name,
            "bias": bias_integers(node, bias, source.scale, weights.scales, out_channels),
            "stride": stride,
            "padding": padding,
            "requantization": requantization(
                channel_scales(source.scale, scales, target.scale, out_channels)
            ),
            "clamp": target.clamp,
            "dilation": dilation,
        }
        if is_depthwise:
            kernels = np.ascontiguousarray(weights.integers[:, 0])
            node.builder.operators.append(DepthwiseConvolution(**fields, weights=kernels))
        else:
            kernels = np.ascontiguousarray(weights.integers.transpose(0, 2, 3, 1))
            node.builder.operators.append(Convolution(**fields, weights=kernels, groups=group))
        return Stored(result.name, shape, (0, 2, 3, 1), shape, target.unsigned)

    return Pending(finish)


def gemm(node: Node) -> Value:
    """Read Gemm with constant weights, alpha and beta of 1."""
    attributes = node.attributes(alpha=1.0, beta=1.0, transA=0, transB=0)
    node.require("alpha", attributes["alpha"], 1.0)
    node.require("beta", attributes["beta"], 1.0)
    node.require("transA", attributes["transA"], 0)
    node.require("transB", attributes["transB"], 0, 1)
    weights = node.weights(rank=2)
    if len(node.quantized_input().stored.shape) != 2:
        raise node.refuse("input must have 2 dimensions; put a Flatten before it")
    weights = weights if attributes["transB"] else _transposed(weights)
    return _dense(node, weights, bias_value(node, 2))


def matmul(node: Node) -> Value:
    """Read MatMul with constant weights; an Add may follow."""
    node.attributes()
    return _dense(node, _transposed(node.weights(rank=2)), None)


def _dense(node: Node, weights: QuantizedConstant, bias: Bias | None) -> Pending:
    value = node.quantized_input()
    out_channels, in_size = weights.integers.shape
    shape = value.stored.shape
    if shape[-1:] != (in_size,):
        raise node.refuse(f"input has shape {shape}; a last dimension of {in_size} is accepted")
    check_axis(node, weights, 0)

    def finish(target: Target) -> Stored:
        name, columns = node.builder.flat(value.stored)
        source = node.builder.tensors[name]
        result_shape = (*shape[:-1], out_channels)
        result = node.builder.result(target, result_shape)
        node.builder.operators.append(
            FullyConnected(
                name=node.layer_name(),
                source=node.source,
                inputs=(source.name,),
                output=result.name,
                weights=np.ascontiguousarray(weights.integers[:, columns]),
                bias=bias_integers(node, bias, source.scale, weights.scales, out_channels),
                requantization=requantization(
                    channel_scales(
                        source.scale, weights.scales.tolist(), target.scale, out_channels
                    )
                ),
                clamp=target.clamp,
            )
        )
        order = tuple(range(len(result_shape)))
        return Stored(result.name, result_shape, order, result_shape, target.unsigned)

    def biased(constant: Bias) -> Pending:
        return _dense(node, weights, constant).alone()

    return Pending(finish, biased=biased if node.source == "MatMul" else None)


def _transposed(weights: QuantizedConstant) -> QuantizedConstant:
    axis = None if weights.axis is None else 1 - weights.axis
    return replace(weights, integers=weights.integers.T, axis=axis)
