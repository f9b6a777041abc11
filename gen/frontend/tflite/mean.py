"""MEAN."""

import math

import tflite

from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import AveragePool, Operator, Padding, Reshape, Tensor, Transpose
from zeroleap.gen.quantization import mean_requantization

__all__ = ["mean"]

FULL = (-128, 127)


def mean(layer: Layer) -> list[Operator]:
    """Read MEAN: an average over a window that is the whole of the axes.

    Rows and columns of a map are averaged as they are. Otherwise the axes come to the front, and
    are the rows of a map whose channels are all others.
    """
    layer.expect(2, 2)
    source, target = layer.maps()
    rank = len(source.shape)
    axes = sorted({axis + rank if axis < 0 else axis for axis in layer.integers(1)})
    if not axes or not 0 <= axes[0] <= axes[-1] < rank:
        raise layer.refuse(f"axis is {layer.integers(1)}; axes in {-rank}..{rank - 1} are accepted")
    options = layer.options(tflite.ReducerOptions, may_be_absent=True)
    kept = [axis for axis in range(rank) if axis not in axes]
    expected = tuple(source.shape[axis] for axis in kept)
    if options is not None and options.KeepDims():
        expected = tuple(1 if axis in axes else source.shape[axis] for axis in range(rank))
    if target.shape != expected:
        raise layer.refuse(f"output has shape {target.shape}; {expected} is accepted")

    code, operators = layer.operator.code, list[Operator]()
    if rank != 4 or source.shape[0] != 1 or not {1, 2}.issuperset(axes):
        source = _transposed(layer, source, (*axes, *kept), operators)
        count = math.prod(source.shape[: len(axes)])
        shape = (1, count, 1, source.size // count)
        flat = layer.between("map", source, shape=shape)
        operators.append(Reshape(f"{layer.name}:map", code, (source.name,), flat.name))
        source, axes = flat, [1]
    window = tuple(source.shape[axis] if axis in axes else 1 for axis in (1, 2))
    height, width = (source.shape[axis] // window[axis - 1] for axis in (1, 2))
    shape = (1, height, width, source.shape[3])
    result = target if target.shape == shape else layer.between("mean", target, shape=shape)
    operators.append(
        AveragePool(
            name=layer.name,
            source=code,
            inputs=(source.name,),
            output=result.name,
            window=(window[0], window[1]),
            stride=(1, 1),
            padding=Padding(),
            clamp=FULL,
            requantization=mean_requantization(source.scale, target.scale, math.prod(window)),
        )
    )
    if result is not target:
        operators.append(Reshape(f"{layer.name}:shape", code, (result.name,), target.name))
    return operators


def _transposed(
    layer: Layer, source: Tensor, permutation: tuple[int, ...], operators: list[Operator]
) -> Tensor:
    """Append the Transpose, and return its output."""
    shape = tuple(source.shape[axis] for axis in permutation)
    result = layer.between("axes", source, shape=shape)
    operators.append(
        Transpose(
            f"{layer.name}:axes", layer.operator.code, (source.name,), result.name, permutation
        )
    )
    return result
