"""Plans a copy: a layer that multiplies by 1."""

import dataclasses

from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Graph, Operator
from zeroleap.gen.moves import Move
from zeroleap.gen.parameters import unit_parameter
from zeroleap.gen.plan.limits import check_limits
from zeroleap.gen.plan.plan import Arithmetic, Plan, Room
from zeroleap.gen.plan.pool import plan_pool
from zeroleap.gen.plan.weighted import plan_weights
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.gen.tiling import tile_layer
from zeroleap.hw.config import WORD_BYTES, EngineConfig

__all__ = ["plan_move"]


def plan_move(
    graph: Graph,
    operator: Operator,
    move: Move,
    config: EngineConfig,
    room: Room,
    *,
    saving: Saving = NOTHING,
) -> Plan:
    """Plan one of the moves of an operator.

    Channels that begin with a word go each to its place as in a pool, without weights. Others are
    picked by a convolution whose weights are 1 and 0.
    """
    tensor = graph.tensors[move.source]
    _, height, width, in_channels = tensor.shape
    channels = move.channels
    inside = channels.first >= 0 and channels.last < in_channels
    picks = not inside or channels.step != 1 or channels.first % WORD_BYTES != 0
    geometry = Geometry(
        height,
        width,
        in_channels,
        move.rows.count,
        move.columns.count,
        channels.count,
        (1, 1),
        (move.rows.step, move.columns.step),
        move.padding(tensor),
        channelwise=not picks,
    )
    check_limits(operator, geometry)
    arithmetic = Arithmetic(
        move.fill, move.fill, (-128, 127), unit_weights=not picks, uniform_parameters=not picks
    )
    if picks:
        weights = move.selection(tensor)[:, None, None]
        units = [unit_parameter()] * channels.count
        plan = plan_weights(geometry, arithmetic, weights, units, config, room, saving=saving)
    else:
        tiling = tile_layer(geometry, config)
        regions = [room.parameters] * len(tiling.regions)
        plan = plan_pool(geometry, arithmetic, tiling, config, [unit_parameter()], regions)
    word = 0 if picks else channels.first // WORD_BYTES
    return dataclasses.replace(plan, destination=move.destination, source_word=word)
