"""Plans all layers that a step of the network takes, and their way out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from zeroleap.gen.combinations import way_out
from zeroleap.gen.errors import CapacityError
from zeroleap.gen.ir import Graph, Interpolate, TransposedConvolution
from zeroleap.gen.moves import COPIES, moves_of
from zeroleap.gen.plan.interpolation import plan_interpolation
from zeroleap.gen.plan.layer import plan_layer
from zeroleap.gen.plan.move import plan_move
from zeroleap.gen.plan.plan import Plan, Room
from zeroleap.gen.plan.transposed import plan_transposed
from zeroleap.gen.saving import Saving
from zeroleap.gen.steps import Step
from zeroleap.hw.config import EngineConfig

__all__ = ["PlannedLayer", "plan_step"]


@dataclass(frozen=True, eq=False)
class PlannedLayer:
    """A layer of the program.

    Parameters
    ----------
    step : Step
    source : str
        The tensor that its front ends read.
    plan : Plan
    is_last : bool
        The step's output is whole after it.
    """

    step: Step
    source: str
    plan: Plan
    is_last: bool = True


def plan_step(
    graph: Graph, step: Step, config: EngineConfig, room: Room, saving: Saving
) -> Iterator[PlannedLayer]:
    """Plan a step, a layer after the other; each begins in ``room`` where the one before ended.

    Raises
    ------
    InputError
        If no configuration can do it; `CapacityError` if this one cannot.
    """
    if isinstance(step.operator, COPIES):
        moves = moves_of(graph, step.operator)
        for index, move in enumerate(moves):
            plan = plan_move(graph, step.operator, move, config, room, saving=saving)
            yield PlannedLayer(step, move.source, plan, index == len(moves) - 1)
            room = room.after(plan)
        return
    plans: list[Plan] = []
    if isinstance(step.operator, TransposedConvolution):
        plans = list(plan_transposed(graph, step.operator, config, room, saving=saving))
    elif isinstance(step.operator, Interpolate):
        plans = list(plan_interpolation(graph, step.operator, config, room, saving=saving))
    if plans:
        for plan in plans:
            yield PlannedLayer(step, step.operator.input, plan, plan is plans[-1])
        return
    if step.combination is not None and not config.combinations:
        raise CapacityError(
            f"layer {step.combination.name!r} ({step.combination.source}) combines two maps, but"
            " combinations is 0; 1 is accepted",
            "combinations",
        )
    way = way_out(graph, step)
    plan = plan_layer(
        graph,
        step.operator,
        config,
        room,
        saving=saving,
        combines=way is not None,
    )
    if way is not None:
        plan = replace(
            plan,
            way=way,
            way_parameters=room.parameters + len(plan.parameters),
            parameters=[*plan.parameters, *way.parameters],
        )
    yield PlannedLayer(step, step.operator.input, plan)
