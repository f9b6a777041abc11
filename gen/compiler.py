"""Compiles a legalised graph for an engine."""

from collections.abc import Mapping

import numpy as np

from zeroleap.gen.errors import CapacityError
from zeroleap.gen.image import Image, ImageLayer
from zeroleap.gen.ir import Graph
from zeroleap.gen.memory import Placement, place_tensors
from zeroleap.gen.passes.edges import split
from zeroleap.gen.plan import Plan, Room, plan_step
from zeroleap.gen.schedule import END_RECORD, schedule_layer
from zeroleap.gen.steps import steps_of
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
        If a layer cannot be done; `CapacityError`, and by how much, if memory is short.
    """
    _, graph, _ = split(graph)
    placements = place_tensors(graph, config)
    try:
        return _compile(graph, config, placements, prefers_sharing=False)
    except CapacityError:
        if config.groups == 1:
            raise
        return _compile(graph, config, placements, prefers_sharing=True)


def _compile(
    graph: Graph,
    config: EngineConfig,
    placements: Mapping[str, Placement],
    *,
    prefers_sharing: bool,
) -> Image:
    plans: list[Plan] = []
    room = Room()
    steps = steps_of(graph)
    for step in steps:
        plan = plan_step(graph, step, config, room, prefers_sharing=prefers_sharing)
        plans.append(plan)
        room = Room(
            room.parameters + len(plan.parameters),
            room.weights + len(plan.packed.weights),
            room.headers + len(plan.packed.headers),
        )

    records: list[list[int]] = []
    for step, plan in zip(steps, plans, strict=True):
        source, target = placements[step.operator.input], placements[step.output]
        operand = placements[step.operand] if step.operand else None
        records += schedule_layer(plan, source, target, config.groups, operand)
    records.append(END_RECORD)
    program = [word for record in records for word in record]
    _check_sizes(room, len(program), len(plans), config)

    return Image(
        name=graph.name,
        config=config,
        program=np.array(program, np.uint32),
        weights=np.concatenate([plan.packed.weights for plan in plans]),
        headers=np.concatenate([plan.packed.headers for plan in plans]),
        parameters=np.array([words for plan in plans for words in plan.parameters], np.uint32),
        placements=placements,
        inputs=graph.inputs,
        outputs=graph.outputs,
        layers=tuple(
            ImageLayer(
                " + ".join(operator.name for operator in step.operators),
                " + ".join(operator.source for operator in step.operators),
                step.inputs,
                step.output,
                len(plan.tiling.regions),
                plan.packed.weights.nbytes + plan.packed.headers.nbytes,
                tuple(operator.output for operator in step.operators),
            )
            for step, plan in zip(steps, plans, strict=True)
        ),
        constants=graph.constants,
    )


def _check_sizes(room: Room, words: int, layers: int, config: EngineConfig) -> None:
    """Refuse a network that does not fit, and say by how much."""
    needs = {
        "weight_bytes": (room.weights, "bytes of weights a lane"),
        "headers": (room.headers, "headers of weights a lane"),
        "parameters": (room.parameters, "channel parameters"),
        "program_words": (words, "words of program"),
        "layers": (layers, "layers"),
    }
    for field, (needed, what) in needs.items():
        size = getattr(config, field)
        if needed > size:
            raise CapacityError(
                f"the network needs {needed} {what}, but {field} is {size}; "
                f"{needed - size} more are needed"
            )
