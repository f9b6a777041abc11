"""RESHAPE, SQUEEZE, EXPAND_DIMS and TRANSPOSE."""

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Reshape, Transpose

__all__ = ["reshape", "same_elements", "transpose"]


def reshape(layer: Layer) -> Reshape:
    """Read RESHAPE; the output tensor says to which shape, and a second input must say the same.

    A second input that is no list of int32 says nothing.

    Source: ``ShapeIsVector`` and ``ReshapeOutput`` in ``tensorflow/lite/kernels/reshape.cc``.
    """
    result = same_elements(layer)
    told = layer.file_tensor(1)
    if told is not None and told.type == "INT32" and len(told.shape) == 1:
        shape, given = layer.output.shape, layer.integers(1) if told.shape[0] else ()
        fits = all(each in (-1, length) for each, length in zip(given, shape, strict=False))
        if len(given) != len(shape) or given.count(-1) > 1 or not fits:
            raise layer.refuse(
                f"shape is {given} and the output's {shape}; the same, but for one -1, is accepted"
            )
    return result


def same_elements(layer: Layer) -> Reshape:
    """Read an operator that changes only the shape; the output tensor says to which."""
    layer.expect(1, 2)
    source, target = layer.input, layer.output
    layer.same_quantization(source, target)
    if source.size != target.size:
        raise layer.refuse(
            f"output has shape {target.shape}; the input's {source.size} elements are accepted"
        )
    return Reshape(layer.name, layer.operator.code, (source.name,), target.name)


def transpose(layer: Layer) -> Transpose:
    """Read TRANSPOSE with a constant permutation."""
    layer.expect(2, 2)
    source, target = layer.input, layer.output
    layer.same_quantization(source, target)
    permutation = layer.integers(1)
    if sorted(permutation) != list(range(len(source.shape))):
        raise layer.refuse(
            f"permutation is {permutation}; one of {len(source.shape)} axes is accepted"
        )
    expected = tuple(source.shape[axis] for axis in permutation)
    layer.expect_shape(target, expected)
    return Transpose(layer.name, layer.operator.code, (source.name,), target.name, permutation)
