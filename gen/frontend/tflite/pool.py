"""MAX_POOL_2D and AVERAGE_POOL_2D."""

from typing import TypeVar

import tflite

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.frontend.tflite.window import window_geometry
from zeroleap.gen.ir import AveragePool, MaxPool

__all__ = ["average_pool", "max_pool"]

Kind = TypeVar("Kind", MaxPool, AveragePool)


def max_pool(layer: Layer) -> MaxPool:
    """Read MAX_POOL_2D."""
    return _pool(layer, MaxPool)


def average_pool(layer: Layer) -> AveragePool:
    """Read AVERAGE_POOL_2D."""
    return _pool(layer, AveragePool)


def _pool(layer: Layer, kind: type[Kind]) -> Kind:
    layer.expect(1, 1)
    options = layer.options(tflite.Pool2DOptions)
    source, target = layer.maps(rank=4)
    layer.same_quantization(source, target)
    window = (options.FilterHeight(), options.FilterWidth())
    stride, padding = window_geometry(layer, options, source, target, window, source.shape[3])
    return kind(
        name=layer.name,
        source=layer.operator.code,
        inputs=(source.name,),
        output=target.name,
        window=window,
        stride=stride,
        padding=padding,
        clamp=layer.clamp(options, target),
    )
