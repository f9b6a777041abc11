"""Decides how the engine does one layer: its arithmetic, tiles, weights and parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.blocks import Blocks, cut_into_blocks
from zeroleap.gen.combinations import Way
from zeroleap.gen.dealing import deal
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
from zeroleap.gen.memory import Destination
from zeroleap.gen.parameters import (
    add_routes,
    convolution_parameters,
    mean_parameter,
    unit_parameter,
)
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.gen.tiling import Tiling, tile_layer
from zeroleap.gen.weights import Packed, pack_dense, pack_sparse, part_of_weights
from zeroleap.hw.config import EngineConfig

__all__ = ["Arithmetic", "Plan", "Room", "plan_layer", "plan_pool", "plan_weights"]


@dataclass(frozen=True)
class Room:
    """The next free entries of the SRAMs that the host loads."""

    parameters: int = 0
    weights: int = 0
    headers: int = 0

    def after(self, plan: "Plan") -> "Room":
        """Return what is free when ``plan`` has been given its entries."""
        return Room(
            self.parameters + len(plan.parameters),
            self.weights + len(plan.packed.weights),
            self.headers + len(plan.packed.headers),
        )


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
    tiling : Tiling
        The tiles.
    blocks : Blocks
        How weights are cut.
    packed : Packed
        Weights and headers.
    addresses : list of lists of int
        For each band of output channels that are computed together, and each part of the kernel,
        its first weight or header.
    block_weights : int
        Weights, or headers, of a block.
    parameters : list of encoded `Parameter`
    region_parameters : list of int
        For each tile, the entry of its first channel's parameter.
    destination : Destination or None
        Where in its tensor the output goes; None: it is the tensor.
    source_word : int
        Word of an input pixel at which the channels begin.
    way : Way or None
        What is done to its values on the way out.
    way_parameters : int
        Entry of the first of the way's parameters.
    """

    geometry: Geometry
    arithmetic: Arithmetic
    tiling: Tiling
    blocks: Blocks
    packed: Packed
    addresses: list[list[int]]
    block_weights: int
    parameters: list[list[int]]
    region_parameters: list[int]
    destination: Destination | None = None
    source_word: int = 0
    way: Way | None = None
    way_parameters: int = 0

    @property
    def band_channels(self) -> int:
        """Output channels that are computed together, except at the end."""
        return self.tiling.regions[0].channels


def plan_layer(
    graph: Graph,
    operator: Operator,
    config: EngineConfig,
    room: Room,
    *,
    saving: Saving = NOTHING,
    combines: bool = False,
) -> Plan:
    """Plan one layer of the accelerator.

    Parameters
    ----------
    graph : Graph
    operator : Operator
        A `Convolution`, `DepthwiseConvolution`, `MaxPool` or `AveragePool` of it.
    config : EngineConfig
    room : Room
        Where the layer's weights and parameters will begin.
    saving : Saving
    combines : bool
        Its values are combined on the way out, which takes more cycles of each.

    Raises
    ------
    InputError
        If no configuration can do it.
    """
    geometry = geometry_of(graph, operator)
    _check(operator, geometry)
    if isinstance(operator, Convolution | DepthwiseConvolution):
        return _plan_convolution(graph, operator, geometry, config, room, saving, combines)
    if isinstance(operator, MaxPool):
        return _plan_max_pool(operator, geometry, config, room, combines)
    if isinstance(operator, AveragePool):
        return _plan_average_pool(graph, operator, geometry, config, room, combines)
    raise TypeError(f"operator must be legalised, not {operator.kind}")


def _plan_convolution(
    graph: Graph,
    operator: Convolution | DepthwiseConvolution,
    geometry: Geometry,
    config: EngineConfig,
    room: Room,
    saving: Saving,
    combines: bool,
) -> Plan:
    arithmetic = Arithmetic(
        graph.tensors[operator.input].zero_point,
        graph.tensors[operator.output].zero_point,
        operator.clamp,
    )
    return plan_weights(
        geometry,
        arithmetic,
        operator.weights,
        convolution_parameters(operator),
        config,
        room,
        saving=saving,
        combines=combines,
    )


def plan_weights(
    geometry: Geometry,
    arithmetic: Arithmetic,
    weights: npt.NDArray[np.int8],
    of_channel: Sequence[list[int]],
    config: EngineConfig,
    room: Room,
    *,
    saving: Saving = NOTHING,
    combines: bool = False,
) -> Plan:
    """Plan a layer with weights.

    Parameters
    ----------
    geometry, arithmetic, config, room, saving, combines
        As of `plan_layer` and `Plan`.
    weights : int8, shape (out_channels, kernel_height, kernel_width[, in_channels])
    of_channel : sequence of encoded `Parameter`
        One for each output channel.
    """
    is_sparse = config.sparsity == "both"
    work = np.count_nonzero(weights.reshape(len(weights), -1), axis=1)
    tiling = tile_layer(
        geometry,
        config,
        work=work if is_sparse else None,
        saving=saving,
        combines=combines,
    )
    blocks = cut_into_blocks(geometry, tiling.slots)
    in_turn = not is_sparse or geometry.channelwise  # as the inputs of single channels come

    packed, parameters = Packed.empty(config.lanes), []
    addresses: list[list[int]] = []
    for band in dict.fromkeys((each.channel, each.channels) for each in tiling.regions):
        channels = slice(band[0], sum(band))
        of_band = weights[channels]
        dealt = deal(work[channels], config, shared=tiling.shared, in_turn=in_turn)
        addresses.append([])
        for part in blocks.parts:
            taps = part_of_weights(of_band, dealt, config.lanes, blocks, part)
            if is_sparse:
                addresses[-1].append(room.headers + len(packed.headers))
                packed += pack_sparse(taps, room.weights + len(packed.weights))
            else:
                addresses[-1].append(room.weights + len(packed.weights))
                packed += pack_dense(taps)
        parameters += add_routes(of_channel[channels], dealt[0] % (config.group_lanes, 1 << 12))
    return Plan(
        geometry,
        arithmetic,
        tiling,
        blocks,
        packed,
        addresses,
        1 if is_sparse else blocks.positions,
        parameters,
        [room.parameters + region.channel for region in tiling.regions],
    )


def plan_pool(
    geometry: Geometry,
    arithmetic: Arithmetic,
    tiling: Tiling,
    config: EngineConfig,
    parameters: list[list[int]],
    region_parameters: list[int],
) -> Plan:
    """Plan a layer whose weights are 1."""
    blocks = cut_into_blocks(geometry, tiling.slots)
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


def _plan_max_pool(
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


def _plan_average_pool(
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


def _check(operator: Operator, geometry: Geometry) -> None:
    """Refuse what no configuration can do."""
    limits = {
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
