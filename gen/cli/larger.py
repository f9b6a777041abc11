"""What a network that does not fit its engine would fit."""

import contextlib
from dataclasses import replace
from typing import Any

from zeroleap.boards import board as boards
from zeroleap.gen import configs
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.image import MEMORIES
from zeroleap.gen.ir import Graph
from zeroleap.hw.config import (
    MOST_SPARSE_WEIGHTS,
    MOST_WEIGHTS_OF_MANY,
    RANGES,
    EngineConfig,
)

__all__ = ["larger"]


def larger(graph: Graph, config: EngineConfig) -> str:
    """Say, for the end of a line, what to choose for ``graph`` instead of ``config``.

    That is the smallest named configuration with room for it, a board's only if it must be. If
    there is none, it is what to add to the command: all options at once, as who is told of one
    memory after the other compiles once for each.
    """
    named = [configs.load(name) for name in configs.names()]
    for each in sorted(named, key=lambda each: (each.name in boards.names(), each.lanes)):
        with contextlib.suppress(InputError):
            compile_graph(graph, each)
            return f"it fits the configuration {each.name!r}"
    try:
        image = compile_graph(graph, _roomiest(config))
    except InputError:
        return "it fits no named configuration, and not this one with the largest memories"
    options = [
        f"--{field.replace('_', '-')} {size}"
        for field, size in image.sizes.items()
        if size > getattr(config, field)
    ]
    return f"it fits no named configuration, but this one with {' '.join(options)}"


def _roomiest(config: EngineConfig) -> EngineConfig:
    """Return the same engine with the largest memories that there are."""
    most: dict[str, Any] = {field: RANGES[field][1] for field in MEMORIES}
    if config.sparsity == "both":
        most["weight_bytes"] = MOST_SPARSE_WEIGHTS
    elif config.lanes > 64:
        most["weight_bytes"] = MOST_WEIGHTS_OF_MANY
    return replace(config, **most)
