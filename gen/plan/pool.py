"""Plans layers whose weights are 1."""

from collections.abc import Sequence

from zeroleap.gen.blocks import cut_into_blocks
from zeroleap.gen.geometry import Geometry, count_windows
from zeroleap.gen.ir import AveragePool, Graph, MaxPool
from zeroleap.gen.parameters import mean_parameter, unit_parameter
from zeroleap.gen.plan.plan import Arithmetic, Plan, Room
from zeroleap.gen.tiling import Tiling, tile_layer
from zeroleap.gen.weights import Packed
from zeroleap.hw.config import EngineConfig

__all__ = ["plan_average_pool", "plan_max_pool", "plan_pool"]


def plan_pool(
    geometry: Geometry,
    arithmetic: Arithmetic,
    tiling: Tiling,
    config: EngineConfig,
    parameters: list[list[int]],
    region_parameters: list[int],
) -> Plan:
    """Plan a layer whose weights are 1."""
    blocks = cut_into_blocks(geometry, tiling.slots, config.positions)
    bands = -(-geometry.out_channels // tiling.regions[0].channels)
    return Plan(
        geometry,
        arithmetic,
        tiling,
        blocks,
        Packed.empty(config.lanes),
        [[0] * len(blocks.parts)] * bands,
        0,
        parameters,
        region_parameters,
    )


def plan_max_pool(
    operator: MaxPool, geometry: Geometry, config: EngineConfig, room: Room, combines: bool
) -> Plan:
    """Plan the largest value above -128, where partial sums of 0 begin."""
    tiling = tile_layer(geometry, config, combines=combines)
    arithmetic = Arithmetic(
        -128, -128, operator.clamp, unit_weights=True, maximum=True, uniform_parameters=True
    )
    return plan_pool(
        geometry,
        arithmetic,
        tiling,
        config,
        [unit_parameter()],
        [room.parameters] * len(tiling.regions),
    )


def plan_average_pool(
    graph: Graph,
    operator: AveragePool,
    geometry: Geometry,
    config: EngineConfig,
    room: Room,
    combines: bool,
) -> Plan:
    """Plan sums that are divided by a count; all pixels of a tile have the same count."""
    counts = [count_windows(operator, geometry, axis) for axis in (0, 1)]
    row_cuts, column_cuts = ([*_changes(along)] for along in counts)
    tiling = tile_layer(geometry, config, row_cuts, column_cuts, combines=combines)
    regions = tiling.regions
    zero_point = graph.tensors[operator.input].zero_point
    if operator.requantization is not None:
        output_zero_point = graph.tensors[operator.output].zero_point
        parameters = [unit_parameter(operator.requantization)]
        region_parameters = [room.parameters] * len(regions)
    else:
        output_zero_point = 0
        of_region = [counts[0][region.row] * counts[1][region.column] for region in regions]
        distinct = sorted(set(of_region))
        parameters = [mean_parameter(count, zero_point) for count in distinct]
        region_parameters = [room.parameters + distinct.index(count) for count in of_region]
    arithmetic = Arithmetic(
        zero_point, output_zero_point, operator.clamp, unit_weights=True, uniform_parameters=True
    )
    return plan_pool(geometry, arithmetic, tiling, config, parameters, region_parameters)


def _changes(values: Sequence[int]) -> list[int]:
    return [index for index in range(1, len(values)) if values[index] != values[index - 1]]
