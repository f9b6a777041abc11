"""Decides how the engine does one layer: its arithmetic, tiles, weights and parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.geometry import Geometry, count_windows, geometry_of
from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    MaxPool,
    Operator,
)
from zeroleap.gen.tiling import Region, tile_layer
from zeroleap.gen.weights import (
    convolution_parameters,
    mean_parameter,
    pack_depthwise_weights,
    pack_weights,
    unit_parameter,
)
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import TAPS_BITS

__all__ = ["Arithmetic", "Plan", "plan_layer"]

MOST_TAPS = (1 << TAPS_BITS) - 1
"""Outputs, in one direction, that one activation can meet."""


@dataclass(frozen=True)
class Arithmetic:
    """How a layer computes: zero points, clamp, and what is done with products.

    Parameters
    ----------
    input_zero_point, output_zero_point : int
        Subtracted from activations, added to results.
    clamp : (int, int)
    unit_weights : bool
        Multiply by 1.
    maximum : bool
        Keep the largest value instead of the sum.
    uniform_parameters : bool
        All channels of a tile share one parameter.
    """

    input_zero_point: int
    output_zero_point: int
    clamp: tuple[int, int]
    unit_weights: bool = False
    maximum: bool = False
    uniform_parameters: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """What one operator becomes.

    Parameters
    ----------
    geometry : Geometry
    arithmetic : Arithmetic
    regions : sequence of Region
        The tiles.
    weights : int8, shape (rows, lanes)
    parameters : list of encoded `Parameter`
    region_parameters : list of int
        For each tile, the entry of its first channel's parameter.
    """

    geometry: Geometry
    arithmetic: Arithmetic
    regions: Sequence[Region]
    weights: npt.NDArray[np.int8]
    parameters: list[list[int]]
    region_parameters: list[int]


def plan_layer(
    graph: Graph, operator: Operator, config: EngineConfig, first_parameter: int
) -> Plan:
    """Plan one layer of the accelerator.

    Parameters
    ----------
    graph : Graph
    operator : Operator
        A `Convolution`, `MaxPool` or `AveragePool` of it.
    config : EngineConfig
    first_parameter : int
        The next free entry of the parameter SRAM.

    Raises
    ------
    InputError
        If no configuration can do it.
    """
    geometry = geometry_of(graph, operator)
    _check(operator, geometry)
    if isinstance(operator, Convolution | DepthwiseConvolution):
        return _plan_convolution(graph, operator, geometry, config, first_parameter)
    if isinstance(operator, MaxPool):
        return _plan_max_pool(operator, geometry, config, first_parameter)
    if isinstance(operator, AveragePool):
        return _plan_average_pool(graph, operator, geometry, config, first_parameter)
    raise TypeError(f"operator must be legalised, not {operator.kind}")


def _plan_convolution(
    graph: Graph,
    operator: Convolution | DepthwiseConvolution,
    geometry: Geometry,
    config: EngineConfig,
    first_parameter: int,
) -> Plan:
    regions = tile_layer(geometry, config)
    pack = pack_weights if isinstance(operator, Convolution) else pack_depthwise_weights
    return Plan(
        geometry,
        Arithmetic(
            graph.tensors[operator.input].zero_point,
            graph.tensors[operator.output].zero_point,
            operator.clamp,
        ),
        regions,
        pack(operator.weights, config.lanes),
        convolution_parameters(operator),
        [first_parameter + region.channel for region in regions],
    )


def _plan_max_pool(
    operator: MaxPool, geometry: Geometry, config: EngineConfig, first_parameter: int
) -> Plan:
    """Plan the largest value above -128, where partial sums of 0 begin."""
    regions = tile_layer(geometry, config)
    return Plan(
        geometry,
        Arithmetic(
            -128,
            -128,
            operator.clamp,
            unit_weights=True,
            maximum=True,
            uniform_parameters=True,
        ),
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
) -> Plan:
    """Plan sums that are divided by a count; all pixels of a tile have the same count."""
    counts = [count_windows(operator, geometry, axis) for axis in (0, 1)]
    row_cuts, column_cuts = ([*_changes(along)] for along in counts)
    regions = tile_layer(geometry, config, row_cuts, column_cuts)
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
    return Plan(
        geometry,
        Arithmetic(
            zero_point,
            output_zero_point,
            operator.clamp,
            unit_weights=True,
            uniform_parameters=True,
        ),
        regions,
        np.zeros((0, config.lanes), np.int8),
        parameters,
        region_parameters,
    )


def _changes(values: Sequence[int]) -> list[int]:
    return [index for index in range(1, len(values)) if values[index] != values[index - 1]]


def _check(operator: Operator, geometry: Geometry) -> None:
    """Refuse what no configuration can do."""
    sizes = (geometry.out_height, geometry.out_width)
    taps = [
        min(-(-kernel // stride), size)
        for kernel, stride, size in zip(geometry.kernel, geometry.stride, sizes, strict=True)
    ]
    limits = {
        "kernel over stride": (max(taps), MOST_TAPS),
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
