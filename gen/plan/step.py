"""Plans all layers that a step of the network takes, and their way out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from zeroleap.gen.combinations import way_out
from zeroleap.gen.errors import CapacityError
from zeroleap.gen.ir import Graph, Interpolate, Operator, TransposedConvolution
from zeroleap.gen.moves import COPIES, Move, moves_of
from zeroleap.gen.plan.interpolation import interpolation_parts
from zeroleap.gen.plan.layer import plan_layer
from zeroleap.gen.plan.move import plan_move
from zeroleap.gen.plan.part import Part, plan_part
from zeroleap.gen.plan.plan import Plan, Room
from zeroleap.gen.plan.transposed import transposed_parts
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
    parts = _parts(graph, step.operator)
    for index, part in enumerate(parts):
        if isinstance(part, Move):
            plan = plan_move(graph, step.operator, part, config, room, saving=saving)
        else:
            plan = plan_part(step.operator, part, config, room, saving=saving)
        yield PlannedLayer(step, part.source, plan, index == len(parts) - 1)
        room = room.after(plan)
    if parts:
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


def _parts(graph: Graph, operator: Operator) -> Sequence[Move | Part]:
    """Return what takes a layer each; nothing if all of the operator is one."""
    if isinstance(operator, COPIES):
        return moves_of(graph, operator)
    if isinstance(operator, TransposedConvolution):
        return list(transposed_parts(graph, operator))
    if isinstance(operator, Interpolate):
        return list(interpolation_parts(graph, operator))
    return ()
