"""Plans all steps of a network, so that their weights fit."""

from collections.abc import Collection, Iterable
from functools import reduce

from zeroleap.gen.ir import Graph
from zeroleap.gen.plan.plan import Room
from zeroleap.gen.plan.step import PlannedLayer, plan_step
from zeroleap.gen.saving import Saving
from zeroleap.gen.sharing import Offer, choose_sharing
from zeroleap.gen.steps import steps_of
from zeroleap.hw.config import EngineConfig

__all__ = ["plan_network"]


def plan_network(graph: Graph, config: EngineConfig, program: int = 0) -> list[PlannedLayer]:
    """Plan the layers of a network for the fewest cycles with which its weights fit.

    If they do not fit, the groups share the tiles of some steps, or of all if that is not enough.

    Parameters
    ----------
    graph : Graph
        Of the accelerator alone.
    config : EngineConfig
    program : int
        As of `Saving`.

    Raises
    ------
    InputError
        If no configuration can do a layer.
    """
    free = _plan(graph, config, program, sharing=())
    room = _room_after(free)
    missing = room.weights - config.weight_bytes, room.headers - config.headers
    if config.groups == 1 or max(missing) <= 0:
        return free
    outputs = {layer.step.output for layer in free}
    shared = _plan(graph, config, program, sharing=outputs)
    return _plan(graph, config, program, sharing=choose_sharing(_offers(free, shared), missing))


def _room_after(layers: Iterable[PlannedLayer]) -> Room:
    """Return what is free behind all layers."""
    return reduce(Room.after, (layer.plan for layer in layers), Room())


def _plan(
    graph: Graph, config: EngineConfig, program: int, sharing: Collection[str]
) -> list[PlannedLayer]:
    """Plan all steps; the groups share tiles in those whose outputs are named."""
    layers: list[PlannedLayer] = []
    for step in steps_of(graph):
        saving = Saving(step.output in sharing, program)
        layers += plan_step(graph, step, config, _room_after(layers), saving)
    return layers


def _offers(free: list[PlannedLayer], shared: list[PlannedLayer]) -> list[Offer]:
    """Compare two plans of the same layers, step by step."""
    offers = []
    for output in dict.fromkeys(layer.step.output for layer in free):
        before, after = (
            [layer for layer in layers if layer.step.output == output] for layers in (free, shared)
        )
        rooms = _room_after(before), _room_after(after)
        saved = rooms[0].weights - rooms[1].weights, rooms[0].headers - rooms[1].headers
        if any(saved):
            lost = sum(layer.plan.tiling.cycles for layer in after)
            lost -= sum(layer.plan.tiling.cycles for layer in before)
            offers.append(Offer(output, saved, lost))
    return offers
