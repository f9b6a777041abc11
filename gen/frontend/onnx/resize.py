"""Resize, to the nearest element or linear between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from zeroleap.gen.frontend.limits import MOST_WINDOW, shape_problem
from zeroleap.gen.frontend.onnx.moving import moved
from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.storing import store
from zeroleap.gen.frontend.onnx.values import Pending, Real, Stored, Target, Value
from zeroleap.gen.ir import Interpolate, Resize

__all__ = ["resize"]

Place = Callable[[np.float32, np.float32, int, int], np.float32]
Rounding = Callable[[np.float32], np.float32]
PLACES: Mapping[str, Place] = {
    "half_pixel": lambda at, scale, before, after: (at + np.float32(0.5)) / scale - np.float32(0.5),
    "pytorch_half_pixel": lambda at, scale, before, after: (
        (at + np.float32(0.5)) / scale - np.float32(0.5) if after > 1 else np.float32(0)
    ),
    "asymmetric": lambda at, scale, before, after: at / scale,
    "align_corners": lambda at, scale, before, after: (
        at * np.float32(before - 1) / np.float32(after - 1) if after > 1 else np.float32(0)
    ),
}
"""Where element ``at`` of ``after`` comes from, of ``before``, ``scale`` being after / before."""
ROUNDINGS: Mapping[str, Rounding] = {
    "round_prefer_floor": lambda place: np.ceil(place - np.float32(0.5)),
    "round_prefer_ceil": lambda place: np.floor(place + np.float32(0.5)),
    "floor": np.floor,
    "ceil": np.ceil,
}


def resize(node: Node) -> Value:
    """Read Resize of a map's height and width, nearest or linear, by constant scales or sizes.

    Source: ``onnx/reference/ops/op_resize.py``; places in float32, as onnxruntime has them.
    """
    attributes = node.attributes(
        antialias=0,
        coordinate_transformation_mode="half_pixel",
        cubic_coeff_a=-0.75,
        exclude_outside=0,
        extrapolation_value=0.0,
        keep_aspect_ratio_policy="stretch",
        mode="nearest",
        nearest_mode="round_prefer_floor",
    )
    node.require("mode", attributes["mode"], "nearest", "linear")
    mode, rounding = attributes["coordinate_transformation_mode"], attributes["nearest_mode"]
    node.require("coordinate_transformation_mode", mode, *PLACES)
    for name, accepted in (("antialias", 0), ("keep_aspect_ratio_policy", "stretch")):
        node.require(name, attributes[name], accepted)
    if attributes["mode"] == "linear":
        node.require("exclude_outside", attributes["exclude_outside"], 0)
        return _linear(node, PLACES[mode])
    node.require("nearest_mode", rounding, *ROUNDINGS)
    nearest = ROUNDINGS[rounding]
    return moved(node, lambda stored: _resized(node, stored, Resize, PLACES[mode], nearest, 1))


def _linear(node: Node, place: Place) -> Value:
    """Read a linear Resize, of what is quantised: limits before and behind it are not the same.

    It keeps the input's scale; behind it a table brings that to another. Rounded places and a
    rounded sum are up to 3/4 of a step off, which must not be more than a step of the result.
    """

    def between(stored: Stored) -> Stored:
        return _resized(node, stored, Interpolate, place, np.rint, Interpolate.UNIT)

    value = node.value(0)
    if isinstance(value, Stored):
        return between(value)
    source = node.quantized_input()
    scale = node.stored_tensor(source).scale

    def finish(target: Target) -> Stored:
        if 3 * scale > 4 * target.scale:
            raise node.refuse(
                f"scale goes from {scale} to {target.scale}; 3/4 of the input's or more is accepted"
            )
        return store(node, Real(between(source.stored)), target)

    return Pending(finish)


def _resized(
    node: Node,
    stored: Stored,
    kind: type[Resize | Interpolate],
    place: Place,
    rounding: Rounding,
    unit: int,
) -> Stored:
    """Add an operator whose outputs come from places in 1/``unit``; beyond an end is at it."""
    shape, scales = _size(node, stored.shape)

    def origins(before: int, after: int, scale: float) -> tuple[int, ...]:
        places = [place(np.float32(at), np.float32(scale), before, after) for at in range(after)]
        whole = [int(rounding(at * np.float32(unit))) for at in places]
        return tuple(min(max(at, 0), (before - 1) * unit) for at in whole)

    rows, columns = (origins(stored.shape[i], shape[i], scales[i]) for i in (2, 3))
    source = node.builder.tensors[node.builder.channels_last(stored)]
    if source.dtype != "int8":
        raise node.refuse(f"input is {source.dtype}; a QuantizeLinear before it is accepted")
    like = replace(source, name=node.output, shape=(1, shape[2], shape[3], shape[1]))
    result = node.builder.tensor(like)
    node.builder.operators.append(
        kind(node.layer_name(), node.source, (source.name,), result.name, rows, columns)
    )
    return Stored(result.name, shape, (0, 2, 3, 1), shape, stored.unsigned)


def _size(node: Node, before: tuple[int, ...]) -> tuple[tuple[int, ...], Sequence[float]]:
    """Return the shape of the result of a map of shape ``before``, and the scale on each axis."""
    scales, sizes = node.constant(2, "scales"), node.integers(3, "sizes")
    if scales is not None and not scales.size:
        scales = None
    if (scales is None) == (sizes is None) or len(before) != 4:
        raise node.refuse(
            f"input has shape {before}; 4 dimensions, and constant scales or sizes, are accepted"
        )
    if scales is None:
        shape = sizes or ()
        factors = [after / length for after, length in zip(shape, before, strict=False)]
    else:
        factors = scales.reshape(-1)[:8].tolist()
        if len(factors) != 4 or not all(0 < each <= MOST_WINDOW for each in factors):
            raise node.refuse(
                f"scales are {factors}; 4 numbers above 0, up to {MOST_WINDOW}, are accepted"
            )
        shape = tuple(int(length * each) for length, each in zip(before, factors, strict=True))
    problem = shape_problem(shape)
    if problem or len(shape) != 4 or shape[:2] != (1, before[1]) or max(shape) > MOST_WINDOW:
        raise node.refuse(
            problem
            or f"from {before} to {shape}; a batch of 1, equal channels, and up to {MOST_WINDOW}"
            " rows and columns are accepted"
        )
    if shape == before:  # onnxruntime copies it, whatever the scales are; ONNX does not say so
        factors = [1.0] * 4
    return shape, factors
