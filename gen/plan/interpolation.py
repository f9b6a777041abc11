"""An interpolation's parts: one for all outputs that weigh their neighbours alike."""

from collections.abc import Iterator

import numpy as np

from zeroleap.gen.errors import InputError
from zeroleap.gen.geometry import Geometry
from zeroleap.gen.interpolation import Run, runs
from zeroleap.gen.ir import Graph, Interpolate, Padding
from zeroleap.gen.memory import Placement
from zeroleap.gen.moves import MOST_MOVES
from zeroleap.gen.parameters import weighted_mean_parameter
from zeroleap.gen.plan.part import Part
from zeroleap.gen.plan.plan import Arithmetic

__all__ = ["interpolation_parts"]

MOST_WEIGHT = 127


def interpolation_parts(graph: Graph, operator: Interpolate) -> Iterator[Part]:
    """Give the parts: depthwise layers.

    Raises
    ------
    InputError
        Weights would be larger than a byte, or there would be more parts than `MOST_MOVES`.
    """
    source, target = (graph.tensors[name] for name in (operator.input, operator.output))
    whole = Placement(0, *target.shape[1:]).whole
    pairs = runs(operator)
    total = sum(pairs[0][0].weights) * sum(pairs[0][1].weights)
    for what, number, most in (
        ("weights", total, MOST_WEIGHT),
        ("layers", len(pairs), MOST_MOVES),
    ):
        if number > most:
            raise InputError(
                f"{graph.name}: layer {operator.name!r} ({operator.source}): {what} would be"
                f" {number}; at most {most} is accepted, as of twice or four times the size; 'run"
                " --on reference' accepts it"
            )
    # What is summed lies above the zero point, and what is written does not.
    arithmetic = Arithmetic(source.zero_point, 0, (-128, 127))
    channels = source.shape[3]
    parameters = [weighted_mean_parameter(total, source.zero_point)] * channels
    for down, across in pairs:
        kernel = np.outer(down.weights, across.weights).astype(np.int8)
        weights = np.repeat(kernel[None], channels, axis=0)
        geometry = _geometry(source.shape, down, across)
        destination = whole.every((down.first, down.step), (across.first, across.step))
        yield Part(source.name, geometry, arithmetic, weights, parameters, destination)


def _geometry(shape: tuple[int, ...], down: Run, across: Run) -> Geometry:
    """Describe the layer that makes the outputs of two runs; what it does not meet is cut off."""
    _, height, width, channels = shape
    ends = [run.start + (run.count - 1) * run.stride + len(run.weights) for run in (down, across)]
    return Geometry(
        height,
        width,
        channels,
        down.count,
        across.count,
        channels,
        (len(down.weights), len(across.weights)),
        (down.stride, across.stride),
        Padding(-down.start, ends[0] - height, -across.start, ends[1] - width),
        channelwise=True,
    )
