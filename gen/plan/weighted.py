"""Plans layers with weights."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zeroleap.gen.blocks import cut_into_blocks
from zeroleap.gen.dealing import deal
from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Graph
from zeroleap.gen.parameters import add_routes, convolution_parameters
from zeroleap.gen.plan.plan import Arithmetic, Plan, Room
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.gen.tiling import tile_layer
from zeroleap.gen.weights import Packed, pack_dense, pack_sparse, part_of_weights
from zeroleap.hw.config import EngineConfig

__all__ = ["plan_convolution", "plan_weights"]


def plan_convolution(
    graph: Graph,
    operator: Convolution | DepthwiseConvolution,
    geometry: Geometry,
    config: EngineConfig,
    room: Room,
    saving: Saving,
    combines: bool,
) -> Plan:
    """Plan a convolution; as `zeroleap.gen.plan.plan_layer`."""
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
    blocks = cut_into_blocks(geometry, tiling.slots, config.positions)
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
