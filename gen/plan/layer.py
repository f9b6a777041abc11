"""Plans the layers that have a way out of their own."""

from zeroleap.gen.geometry import geometry_of
from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    MaxPool,
    Operator,
)
from zeroleap.gen.plan.limits import check_limits
from zeroleap.gen.plan.plan import Plan, Room
from zeroleap.gen.plan.pool import plan_average_pool, plan_max_pool
from zeroleap.gen.plan.weighted import plan_convolution
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.hw.config import EngineConfig

__all__ = ["plan_layer"]


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
    check_limits(operator, geometry)
    if isinstance(operator, Convolution | DepthwiseConvolution):
        return plan_convolution(graph, operator, geometry, config, room, saving, combines)
    if isinstance(operator, MaxPool):
        return plan_max_pool(operator, geometry, config, room, combines)
    if isinstance(operator, AveragePool):
        return plan_average_pool(graph, operator, geometry, config, room, combines)
    raise TypeError(f"operator must be legalised, not {operator.kind}")
