"""Conv, Gemm and MatMul."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import (
    Constant,
    Pending,
    QuantizedConstant,
    Stored,
    Target,
    Value,
)
from zeroleap.gen.frontend.onnx.window import WINDOW, window_geometry
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, FullyConnected
from zeroleap.gen.quantization import channel_scales, requantization

__all__ = ["convolution", "gemm", "matmul"]

Bias = Constant | QuantizedConstant


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
    _check_axis(node, weights, 0)
    bias = _bias_value(node, 2)
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
            "bias": _bias_integers(node, bias, source.scale, weights.scales, out_channels),
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
    return _dense(node, weights, _bias_value(node, 2))


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
    _check_axis(node, weights, 0)

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
                bias=_bias_integers(node, bias, source.scale, weights.scales, out_channels),
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


def _check_axis(node: Node, weights: QuantizedConstant, axis: int) -> None:
    if weights.axis not in (None, axis):
        raise node.refuse("weights have a scale for each input; one for each output is accepted")


def _bias_value(node: Node, position: int) -> Bias | None:
    value = node.value(position)
    if value is not None and not isinstance(value, Constant | QuantizedConstant):
        raise node.refuse("bias is computed; a constant is accepted")
    return value


def _bias_integers(
    node: Node,
    bias: Bias | None,
    input_scale: float,
    weight_scales: npt.NDArray[np.float32],
    channels: int,
) -> npt.NDArray[np.int32]:
    """Return the bias in steps of input scale times weight scale.

    One that the file has already in these steps, as QLinearConv does, is taken as it is; another is
    rounded to them.
    """
    if bias is None:
        return np.zeros(channels, dtype=np.int32)
    steps = np.broadcast_to(input_scale * weight_scales.astype(np.float64), (channels,))
    if isinstance(bias, Constant) and bias.array.dtype == np.int32 and node.source != node.kind:
        whole = _row(node, bias.array, channels).astype(np.float64)
    elif isinstance(bias, Constant):
        if bias.array.dtype != np.float32:
            raise node.refuse(f"bias is {bias.array.dtype}; quantised or float32 is accepted")
        whole = np.rint(_row(node, bias.array, channels) / steps)
    else:
        whole = _row(node, bias.integers, channels).astype(np.float64) - bias.zero_points
        if not np.allclose(bias.scales, steps, rtol=1e-5, atol=0.0):
            whole = np.rint(whole * bias.scales.astype(np.float64) / steps)
    if not np.all(np.abs(whole) < 2**31):
        raise node.refuse("bias does not fit in 32 bits of input scale times weight scale")
    return whole.astype(np.int32)


def _row(node: Node, array: npt.NDArray[Any], channels: int) -> npt.NDArray[Any]:
    if array.size != channels or array.shape[-1:] != (channels,):
        raise node.refuse(f"bias has shape {array.shape}; ({channels},) is accepted")
    return array.reshape(-1)
