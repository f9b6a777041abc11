"""Compiles a legalised graph for an engine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.geometry import Geometry, count_windows, geometry_of
from zeroleap.gen.image import Image, ImageLayer
from zeroleap.gen.ir import AveragePool, Convolution, Graph, MaxPool, Operator
from zeroleap.gen.memory import place_tensors
from zeroleap.gen.passes.edges import split
from zeroleap.gen.schedule import END_RECORD, Arithmetic, most_taps, schedule_layer
from zeroleap.gen.tiling import Region, tile_layer
from zeroleap.gen.weights import (
    PARAMETER_WORDS,
    convolution_parameters,
    mean_parameter,
    pack_weights,
    unit_parameter,
)
from zeroleap.hw.config import EngineConfig

__all__ = ["compile_graph"]


def compile_graph(graph: Graph, config: EngineConfig) -> Image:
    """Compile the accelerator's part of a network.

    Parameters
    ----------
    graph : Graph
        Legalised; what the host does at its edges is left out.
    config : EngineConfig

    Raises
    ------
    InputError
        If a layer cannot be done, or the network does not fit: what, and by how much.
    """
    _, graph, _ = split(graph)
    placements = place_tensors(graph, config)
    records: list[list[int]] = []
    weights: list[npt.NDArray[np.int8]] = [np.zeros((0, config.lanes), np.int8)]
    parameters: list[list[int]] = []
    layers = []
    for operator in graph:
        geometry = geometry_of(graph, operator)
        _check(operator, geometry)
        plan = _plan(graph, operator, geometry, config, first_parameter=len(parameters))
        records += schedule_layer(
            geometry,
            plan.arithmetic,
            placements[operator.input],
            placements[operator.output],
            plan.regions,
            sum(len(rows) for rows in weights),
            plan.region_parameters,
            config.lanes,
        )
        weights.append(plan.weights)
        parameters += plan.parameters
        layers.append(
            ImageLayer(
                operator.name, operator.source, operator.inputs, operator.output, len(plan.regions)
            )
        )
    records.append(END_RECORD)

    image = Image(
        name=graph.name,
        config=config,
        program=np.array(records, np.uint32).reshape(-1),
        weights=np.concatenate(weights),
        parameters=np.array(parameters, np.uint32).reshape(-1, PARAMETER_WORDS),
        placements=placements,
        inputs=graph.inputs,
        outputs=graph.outputs,
        layers=tuple(layers),
    )
    _check_sizes(image)
    return image


@dataclass(frozen=True, eq=False)
class _Plan:
    """What one operator becomes."""

    arithmetic: Arithmetic
    regions: Sequence[Region]
    weights: npt.NDArray[np.int8]
    parameters: list[list[int]]
    region_parameters: list[int]


def _plan(
    graph: Graph, operator: Operator, geometry: Geometry, config: EngineConfig, first_parameter: int
) -> _Plan:
    if isinstance(operator, Convolution):
        return _plan_convolution(graph, operator, geometry, config, first_parameter)
    if isinstance(operator, MaxPool):
        return _plan_max_pool(operator, geometry, config, first_parameter)
    if isinstance(operator, AveragePool):
        return _plan_average_pool(graph, operator, geometry, config, first_parameter)
    raise TypeError(f"operator must be legalised, not {operator.kind}")


def _plan_convolution(
    graph: Graph,
    operator: Convolution,
    geometry: Geometry,
    config: EngineConfig,
    first_parameter: int,
) -> _Plan:
    regions = tile_layer(operator.name, geometry, config)
    return _Plan(
        Arithmetic(
            graph.tensors[operator.input].zero_point,
            graph.tensors[operator.output].zero_point,
            operator.clamp,
        ),
        regions,
        pack_weights(operator.weights, config.lanes),
        convolution_parameters(operator),
        [first_parameter + region.channel for region in regions],
    )


def _plan_max_pool(
    operator: MaxPool, geometry: Geometry, config: EngineConfig, first_parameter: int
) -> _Plan:
    """Plan the largest value above -128, where partial sums of 0 begin."""
    regions = tile_layer(operator.name, geometry, config)
    return _Plan(
        Arithmetic(-128, -128, operator.clamp, maximum=True, uniform_parameters=True),
        regions,
        np.zeros((0, config.lanes), np.int8),
        [unit_parameter()],
        [first_parameter] * len(regions),
    )


def _plan_average_pool(
    graph: Graph,
    operator: AveragePool,
    geometry: Geometry,
    config: EngineConfig,
    first_parameter: int,
) -> _Plan:
    """Plan sums that are divided by a count; all pixels of a tile have the same count."""
    counts = [count_windows(operator, geometry, axis) for axis in (0, 1)]
    row_cuts, column_cuts = ([*_changes(along)] for along in counts)
    regions = tile_layer(operator.name, geometry, config, row_cuts, column_cuts)
    zero_point = graph.tensors[operator.input].zero_point
    if operator.requantization is not None:
        output_zero_point = graph.tensors[operator.output].zero_point
        parameters = [unit_parameter(operator.requantization)]
        region_parameters = [first_parameter] * len(regions)
    else:
        output_zero_point = 0
        of_region = [counts[0][region.row] * counts[1][region.column] for region in regions]
        distinct = sorted(set(of_region))
        parameters = [mean_parameter(count, zero_point) for count in distinct]
        region_parameters = [first_parameter + distinct.index(count) for count in of_region]
    return _Plan(
        Arithmetic(zero_point, output_zero_point, operator.clamp, uniform_parameters=True),
        regions,
        np.zeros((0, config.lanes), np.int8),
        parameters,
        region_parameters,
    )


def _changes(values: Sequence[int]) -> list[int]:
    return [index for index in range(1, len(values)) if values[index] != values[index - 1]]


def _check(operator: Operator, geometry: Geometry) -> None:
    """Refuse what no configuration can do."""
    taps, most = most_taps(geometry)
    limits = {
        "kernel over stride": (taps, most),
        "stride": (max(geometry.stride), 255),
        "height and width": (max(geometry.height, geometry.width), 4096),
        "output height and width": (max(geometry.out_height, geometry.out_width), 4096),
        "channels": (max(geometry.in_channels, geometry.out_channels), 16384),
        "kernel": (max(geometry.kernel), 512),
    }
    for what, (value, limit) in limits.items():
        if value > limit:
            raise InputError(
                f"layer {operator.name!r} ({operator.source}): {what} is {value}; "
                f"accepted is at most {limit}"
            )


def _check_sizes(image: Image) -> None:
    """Refuse a network that does not fit, and say by how much."""
    config = image.config
    needs = {
        "weight_bytes": (len(image.weights), "bytes of weights a lane"),
        "parameters": (len(image.parameters), "channel parameters"),
        "program_words": (len(image.program), "words of program"),
        "layers": (len(image.layers), "layers"),
    }
    for field, (needed, what) in needs.items():
        room = getattr(config, field)
        if needed > room:
            raise InputError(
                f"the network needs {needed} {what}, but {field} is {room}; "
                f"{needed - room} more are needed"
            )
