"""TRANSPOSE_CONV.

Source: ``tensorflow/lite/micro/kernels/transpose_conv.cc``. What is cut off before the first output
is the padding of the convolution that goes back.
"""

import tflite

from zeroleap.gen.frontend.limits import MOST_STRIDE
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.frontend.tflite.window import along, stride_and_padding
from zeroleap.gen.ir import TransposedConvolution
from zeroleap.gen.quantization import channel_scales, requantization

__all__ = ["transpose_conv"]


def transpose_conv(layer: Layer) -> TransposedConvolution:
    """Read TRANSPOSE_CONV: int8; its first input must say the output's shape."""
    layer.expect(3, 4)
    options = layer.options(tflite.TransposeConvOptions)
    weights, scales = layer.weights(rank=4)
    source, target = layer.maps(rank=4, position=2)
    channels, height, width, depth = weights.shape
    if depth != source.shape[3]:
        raise layer.refuse(
            f"weights have {depth} input channels; the input's {source.shape[3]} are accepted"
        )
    layer.expect_shape(target, layer.integers(0))
    layer.expect_shape(target, (1, *target.shape[1:3], channels))
    stride, is_same = stride_and_padding(layer, options, (height, width), MOST_STRIDE)
    sizes = zip(target.shape[1:3], (height, width), stride, strict=True)
    (_, (top, _)), (_, (left, _)) = (along(*axis, is_same) for axis in sizes)
    reals = channel_scales(source.scale, scales, target.scale, channels)
    return TransposedConvolution(
        name=layer.name,
        source=layer.operator.code,
        inputs=(source.name,),
        output=target.name,
        weights=weights,
        bias=layer.bias(channels, position=3),
        stride=stride,
        before=(top, left),
        requantization=requantization(reals),
        clamp=layer.clamp(options, target),
    )
