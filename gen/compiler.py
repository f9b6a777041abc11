"""Compiles a legalised graph for an engine."""

from collections.abc import Mapping

import numpy as np

from zeroleap.gen.errors import CapacityError
from zeroleap.gen.image import Image, ImageLayer
from zeroleap.gen.ir import Graph
from zeroleap.gen.memory import Placement, place_tensors
from zeroleap.gen.passes.edges import split
from zeroleap.gen.plan import PlannedLayer, plan_network
from zeroleap.gen.saving import MOST_PROGRAM
from zeroleap.gen.schedule import END_RECORD, schedule_layer
from zeroleap.hw.config import EngineConfig

__all__ = ["compile_graph"]

NEEDS = {
    "weight_bytes": "bytes of weights a lane",
    "headers": "headers of weights a lane",
    "parameters": "channel parameters",
    "program_words": "words of program",
    "layers": "layers",
    "tables": "tables of a function",
}
"""What is counted of the memories that layers fill, the one first that is named first."""


def compile_graph(graph: Graph, config: EngineConfig) -> Image:
    """Compile the accelerator's part of a network for the fewest cycles, or so that it fits.

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
    for program in range(MOST_PROGRAM):
        try:
            return _compile(graph, config, placements, program)
        except CapacityError as error:
            if error.field != "program_words":
                raise
    return _compile(graph, config, placements, MOST_PROGRAM)


def _compile(
    graph: Graph, config: EngineConfig, placements: Mapping[str, Placement], program: int
) -> Image:
    layers = plan_network(graph, config, program)
    plans = [layer.plan for layer in layers]
    tables = list(dict.fromkeys(values for layer in layers for values in _table(layer)))

    records: list[list[int]] = []
    for layer in layers:
        step, source, target = layer.step, placements[layer.source], placements[layer.step.output]
        operand = placements[step.operand] if step.operand else None
        table = next((tables.index(values) for values in _table(layer)), None)
        records += schedule_layer(layer.plan, source, target, config.groups, operand, table)
    records.append(END_RECORD)
    words = [word for record in records for word in record]

    image = Image(
        name=graph.name,
        config=config,
        program=np.array(words, np.uint32),
        weights=np.concatenate([plan.packed.weights for plan in plans]),
        headers=np.concatenate([plan.packed.headers for plan in plans]),
        parameters=np.array([words for plan in plans for words in plan.parameters], np.uint32),
        placements=placements,
        inputs=graph.inputs,
        outputs=graph.outputs,
        layers=tuple(map(_image_layer, layers)),
        constants=graph.constants,
        tables=np.frombuffer(b"".join(tables), np.int8).reshape(-1, 256),
    )
    _check_sizes(image)
    return image


def _table(layer: PlannedLayer) -> list[bytes]:
    """Return the table of a layer, if it has one."""
    return [layer.step.table.values.tobytes()] if layer.step.table else []


def _image_layer(layer: PlannedLayer) -> ImageLayer:
    step, plan = layer.step, layer.plan
    operators = step.operators if layer.is_last else ()
    return ImageLayer(
        name=" + ".join(operator.name for operator in step.operators),
        op=" + ".join(operator.source for operator in step.operators),
        inputs=(layer.source, *([step.operand] if step.operand else [])),
        output=step.output,
        tiles=len(plan.tiling.regions),
        weight_bytes=plan.packed.weights.nbytes + plan.packed.headers.nbytes,
        computed=tuple(operator.output for operator in operators),
    )


def _check_sizes(image: Image) -> None:
    """Refuse a network that does not fit, and say by how much."""
    sizes = image.sizes
    for field, what in NEEDS.items():
        needed, size = sizes[field], getattr(image.config, field)
        if needed > size:
            raise CapacityError(
                f"the network needs {needed} {what}, but {field} is {size}; "
                f"{needed - size} more are needed",
                field,
            )
