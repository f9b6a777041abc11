"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from typing import Any

import numpy as np
import tflite

from zeroleap.gen.frontend.limits import MOST_WINDOW
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.frontend.tflite.window import window_geometry
from zeroleap.gen.geometry import reach
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, FullyConnected
from zeroleap.gen.quantization import channel_scales, requantization

__all__ = ["convolution", "depthwise_convolution", "fully_connected"]


def convolution(layer: Layer) -> Convolution:
    """Read CONV_2D: int8, any dilation, in groups if the weights have fewer input channels."""
    layer.expect(2, 3)
    options = layer.options(tflite.Conv2DOptions)
    dilation = _dilation(layer, options)
    weights, scales = layer.weights(rank=4)
    source, target = layer.maps(rank=4)
    channels, height, width, depth = weights.shape
    groups = source.shape[3] // depth
    if groups * depth != source.shape[3] or channels % groups:
        raise layer.refuse(
            f"weights have {channels} output and {depth} input channels and the input has"
            f" {source.shape[3]}; groups of equal sizes are accepted"
        )
    window = reach((height, width), dilation)
    stride, padding = window_geometry(layer, options, source, target, window, channels)
    reals = channel_scales(source.scale, scales, target.scale, channels)
    return Convolution(
        name=layer.name,
        source=layer.operator.code,
        inputs=(source.name,),
        output=target.name,
        weights=weights,
        bias=layer.bias(channels),
        stride=stride,
        padding=padding,
        requantization=requantization(reals),
        clamp=layer.clamp(options, target),
        dilation=dilation,
        groups=groups,
    )


def depthwise_convolution(layer: Layer) -> Convolution | DepthwiseConvolution:
    """Read DEPTHWISE_CONV_2D: int8, any depth multiplier and dilation.

    The file has weights (1, height, width, out_channels). With one input channel, or several output
    channels for each, it is a convolution with a group for each input channel.
    """
    layer.expect(2, 3)
    options = layer.options(tflite.DepthwiseConv2DOptions)
    dilation = _dilation(layer, options)
    weights, scales = layer.weights(rank=4, axis=3)
    source, target = layer.maps(rank=4)
    count, height, width, channels = weights.shape
    depth, multiplier = source.shape[3], options.DepthMultiplier()
    if (count, channels) != (1, depth * multiplier):
        raise layer.refuse(
            f"weights have shape {weights.shape} with {depth} input channels and depth_multiplier"
            f" {multiplier}; (1, height, width, {depth * multiplier}) is accepted"
        )
    kernels = np.ascontiguousarray(weights[0].transpose(2, 0, 1))
    window = reach((height, width), dilation)
    stride, padding = window_geometry(layer, options, source, target, window, channels)
    reals = channel_scales(source.scale, scales, target.scale, channels)
    fields: dict[str, Any] = {
        "name": layer.name,
        "source": layer.operator.code,
        "inputs": (source.name,),
        "output": target.name,
        "bias": layer.bias(channels),
        "stride": stride,
        "padding": padding,
        "requantization": requantization(reals),
        "clamp": layer.clamp(options, target),
        "dilation": dilation,
    }
    if depth > 1 and multiplier == 1:
        return DepthwiseConvolution(weights=kernels, **fields)
    return Convolution(weights=kernels[..., None], groups=depth, **fields)


def fully_connected(layer: Layer) -> FullyConnected:
    """Read FULLY_CONNECTED: int8, constant weights, default layout.

    With one scale the kernel multiplies scales in float32, with several in float64.
    """
    layer.expect(2, 3)
    options = layer.options(tflite.FullyConnectedOptions)
    if options.WeightsFormat() != tflite.FullyConnectedOptionsWeightsFormat.DEFAULT:
        raise layer.refuse(f"weights_format is {options.WeightsFormat()}; DEFAULT is accepted")
    weights, scales = layer.weights(rank=2)
    source, target = layer.maps()
    channels, depth = weights.shape
    if source.size % depth:
        raise layer.refuse(f"input has {source.size} elements; a multiple of {depth} is accepted")
    rows = source.size // depth
    expected = (rows, channels)
    if options.KeepNumDims():
        if source.shape[-1:] != (depth,):
            raise layer.refuse(
                f"keep_num_dims with input of shape {source.shape}; a last dimension of {depth} is"
                " accepted"
            )
        expected = (*source.shape[:-1], channels)
    if target.shape != expected and (target.shape[-1:], target.size) != (
        (channels,),
        rows * channels,
    ):
        raise layer.refuse(f"output has shape {target.shape}; {expected} is accepted")
    reals = channel_scales(source.scale, scales, target.scale, channels)
    return FullyConnected(
        name=layer.name,
        source=layer.operator.code,
        inputs=(source.name,),
        output=target.name,
        weights=weights,
        bias=layer.bias(channels),
        requantization=requantization(reals),
        clamp=layer.clamp(options, target),
    )


def _dilation(layer: Layer, options: Any) -> tuple[int, int]:
    down, across = options.DilationHFactor(), options.DilationWFactor()
    if not (1 <= down <= MOST_WINDOW and 1 <= across <= MOST_WINDOW):
        raise layer.refuse(f"dilation is {down}x{across}; 1..{MOST_WINDOW} is accepted")
    return down, across
