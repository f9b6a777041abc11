"""QUANTIZE."""

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Quantize
from zeroleap.gen.quantization import requantization

__all__ = ["quantize"]


def quantize(layer: Layer) -> Quantize:
    """Read QUANTIZE: from float32, or between int8 and uint8."""
    layer.expect(1, 1)
    source, target = layer.input, layer.output
    if target.dtype == "float32":
        raise layer.refuse("output is FLOAT32; INT8 and UINT8 are accepted")
    if source.shape != target.shape:
        raise layer.refuse(f"output has shape {target.shape}; {source.shape} is accepted")
    ratio = None
    if source.dtype != "float32":
        ratio = requantization([source.scale / target.scale])
    return Quantize(layer.name, layer.operator.code, (source.name,), target.name, ratio)
