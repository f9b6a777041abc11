"""RESHAPE, SQUEEZE and EXPAND_DIMS."""

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Reshape

__all__ = ["reshape"]


def reshape(layer: Layer) -> Reshape:
    """Read an operator that changes only the shape; the output tensor says to which."""
    layer.expect(1, 2)
    source, target = layer.input, layer.output
    layer.same_quantization(source, target)
    if source.size != target.size:
        raise layer.refuse(
            f"output has shape {target.shape}; the input's {source.size} elements are accepted"
        )
    return Reshape(layer.name, layer.operator.code, (source.name,), target.name)
