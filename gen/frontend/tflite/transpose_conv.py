"""TRANSPOSE_CONV.

Sources: ``tensorflow/lite/micro/kernels/transpose_conv.cc``, ``ComputePaddingHeightWidth`` in
``tensorflow/lite/kernels/padding.h``, which is asked for the padding of the output.
"""

import tflite

from zeroleap.gen.frontend.limits import MOST_STRIDE, MOST_WINDOW
from zeroleap.gen.frontend.tflite.layer import Layer
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
    stride = options.StrideH(), options.StrideW()
    for attribute, (down, across), most in (
        ("stride", stride, MOST_STRIDE),
        ("window", (height, width), MOST_WINDOW),
    ):
        if not (1 <= down <= most and 1 <= across <= most):
            raise layer.refuse(f"{attribute} is {down}x{across}; 1..{most} is accepted")
    if options.Padding() not in (tflite.Padding.SAME, tflite.Padding.VALID):
        raise layer.refuse(f"padding is {options.Padding()}; SAME and VALID are accepted")
    before = (0, 0)
    if options.Padding() == tflite.Padding.SAME:
        sizes = zip(target.shape[1:3], (height, width), stride, strict=True)
        down, across = (_before(*axis) for axis in sizes)
        before = down, across
    reals = channel_scales(source.scale, scales, target.scale, channels)

    return TransposedConvolution(
        name=layer.name,
        source=layer.operator.code,
        inputs=(source.name,),
        output=target.name,
        weights=weights,
        bias=layer.bias(channels, position=3),
        stride=stride,
        before=before,
        requantization=requantization(reals),
        clamp=layer.clamp(options, target),
    )


def _before(outputs: int, window: int, stride: int) -> int:
    """Return how many outputs are cut off before the first: half of what is too much."""
    return max(0, (-(-outputs // stride) - 1) * stride + window - outputs) // 2
