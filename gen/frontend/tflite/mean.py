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

    Rows and columns of a map are averaged as they are. Otherwise the axes come to the front, behind
    the batch: the last is the columns of a map, and the others its rows.
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
    layer.expect_shape(target, expected)

    code, operators = layer.operator.code, list[Operator]()
    if rank != 4 or source.shape[0] != 1 or not {1, 2}.issuperset(axes):
        source, axes = _as_map(layer, source, axes, operators)
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


def _as_map(
    layer: Layer, source: Tensor, axes: list[int], operators: list[Operator]
) -> tuple[Tensor, list[int]]:
    """Append what makes a map of ``source``; return it, and which of its axes are ``axes``."""
    batch = [0] if source.shape[0] == 1 and 0 not in axes else []
    kept = [axis for axis in range(len(source.shape)) if axis not in (*batch, *axes)]
    permutation = (*batch, *axes, *kept)
    code = layer.operator.code
    if permutation != tuple(sorted(permutation)):
        shape = tuple(source.shape[axis] for axis in permutation)
        moved = layer.between("axes", source, shape=shape)
        name = f"{layer.name}:axes"
        operators.append(Transpose(name, code, (source.name,), moved.name, permutation))
        source = moved
    if len(batch) == len(axes) == 1 and len(permutation) == 4:
        return source, [1]
    *heights, width = source.shape[len(batch) : len(batch) + len(axes)]
    height = math.prod(heights)
    shape = (1, height, width, source.size // (height * width))
    flat = layer.between("map", source, shape=shape)
    operators.append(Reshape(f"{layer.name}:map", code, (source.name,), flat.name))
    return flat, [1, 2]
