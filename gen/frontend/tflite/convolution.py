"""CONV_2D and FULLY_CONNECTED."""

import tflite

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.frontend.tflite.window import window_geometry
from zeroleap.gen.ir import Convolution, FullyConnected
from zeroleap.gen.quantization import channel_scales, requantization

__all__ = ["convolution", "fully_connected"]


def convolution(layer: Layer) -> Convolution:
    """Read CONV_2D: int8, one group, no dilation."""
    layer.expect(2, 3)
    options = layer.options(tflite.Conv2DOptions)
    dilation = (options.DilationHFactor(), options.DilationWFactor())
    if dilation != (1, 1):
        raise layer.refuse(f"dilation is {dilation[0]}x{dilation[1]}; 1x1 is accepted")
    weights, scales = layer.weights(rank=4)
    source, target = layer.maps(rank=4)
    channels, height, width, depth = weights.shape
    if depth != source.shape[3]:
        raise layer.refuse(
            f"weights have {depth} input channels and the input {source.shape[3]}; equal numbers"
            " (one group) are accepted"
        )
    stride, padding = window_geometry(layer, options, source, target, (height, width), channels)
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
    )


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
