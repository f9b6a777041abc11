"""Compiles a legalised graph for an engine."""

from collections.abc import Sequence

import numpy as np

from zeroleap.gen.errors import CapacityError
from zeroleap.gen.image import Image, ImageLayer
from zeroleap.gen.ir import Graph
from zeroleap.gen.memory import place_tensors
from zeroleap.gen.passes.edges import split
from zeroleap.gen.plan import Plan, plan_layer
from zeroleap.gen.schedule import END_RECORD, schedule_layer
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import RECORD_WORDS

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
    plans: list[Plan] = []
    for operator in graph:
        parameters = sum(len(plan.parameters) for plan in plans)
        plans.append(plan_layer(graph, operator, config, first_parameter=parameters))
    _check_sizes(plans, config)

    records: list[list[int]] = []
    weight_address = 0
    for operator, plan in zip(graph, plans, strict=True):
        source, target = placements[operator.input], placements[operator.output]
        records += schedule_layer(plan, source, target, weight_address, config.lanes)
        weight_address += len(plan.weights)
    records.append(END_RECORD)

    return Image(
        name=graph.name,
        config=config,
        program=np.array(records, np.uint32).reshape(-1),
        weights=np.concatenate([plan.weights for plan in plans]),
        parameters=np.array([words for plan in plans for words in plan.parameters], np.uint32),
        placements=placements,
        inputs=graph.inputs,
        outputs=graph.outputs,
        layers=tuple(
            ImageLayer(
                operator.name, operator.source, operator.inputs, operator.output, len(plan.regions)
            )
            for operator, plan in zip(graph, plans, strict=True)
        ),
    )


def _check_sizes(plans: Sequence[Plan], config: EngineConfig) -> None:
    """Refuse a network that does not fit, and say by how much."""
    records = sum(1 + len(plan.regions) for plan in plans) + 1
    needs = {
        "weight_bytes": (sum(len(plan.weights) for plan in plans), "bytes of weights a lane"),
        "parameters": (sum(len(plan.parameters) for plan in plans), "channel parameters"),
        "program_words": (records * RECORD_WORDS, "words of program"),
        "layers": (len(plans), "layers"),
    }
    for field, (needed, what) in needs.items():
        room = getattr(config, field)
        if needed > room:
            raise CapacityError(
                f"the network needs {needed} {what}, but {field} is {room}; "
                f"{needed - room} more are needed"
            )
