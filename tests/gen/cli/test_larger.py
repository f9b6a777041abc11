"""What is advised where a network does not fit."""

import re
from dataclasses import replace
from functools import cache

import pytest
from graphs import add, convolution, graph

from zeroleap.gen import configs
from zeroleap.gen.cli.larger import larger
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import CapacityError
from zeroleap.hw.config import EngineConfig

TINY = EngineConfig(
    lanes=4,
    activation_bytes=64,
    weight_bytes=16,
    headers=4,
    parameters=4,
    tables=0,
    program_words=64,
    layers=1,
    combinations=0,
)
"""The smallest memories there are, but for those of partial sums."""

ENGINES = [
    TINY,
    replace(TINY, sparsity="both", lanes=8, groups=2),
    replace(TINY, lanes=8, groups=2, read_words=2),
    replace(TINY, sparsity="none", banks=1),
]


def network(size=48):
    """Two layers, the second combined with its input: maps of more than any named engine has."""
    shapes = dict.fromkeys(("x", "y", "z", "sum"), (1, size, size, 17))
    layers = convolution("x", "y", (17, 1, 1, 17)), convolution("y", "z", (17, 1, 1, 17))
    return graph(shapes, *layers, add("y", "z", "sum"), outputs=("sum",))


@cache
def advised(engine):
    """Return the fields and values of the options that a network too large is told."""
    options = re.findall(r"--([a-z-]+) (\d+)", larger(network(), engine))
    return {name.replace("-", "_"): int(value) for name, value in options}


@pytest.mark.parametrize("engine", ENGINES)
def test_who_adds_all_that_is_advised_has_what_fits(engine):
    fields = advised(engine)
    image = compile_graph(network(), replace(engine, **fields))
    assert fields == {field: size for field, size in image.sizes.items() if size}


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_advised_that_is_not_needed(engine):
    """With a byte, word or entry less of a memory it does not fit, or something is given for it."""
    fields = advised(engine)
    taken, missing = taken_or_missing(replace(engine, **fields))
    assert missing is None
    for field, size in fields.items():
        step = 4 * engine.read_words if field == "activation_bytes" else 1
        less, missing = taken_or_missing(replace(engine, **{**fields, field: size - step}))
        assert missing == field if less is None else less != taken


def taken_or_missing(engine):
    """Return what the network takes of each memory, or what there is too little of."""
    try:
        return compile_graph(network(), engine).sizes, None
    except CapacityError as error:
        return None, error.field


def test_what_is_large_enough_is_not_advised():
    fields = advised(replace(TINY, parameters=500, layers=7, combinations=1))
    assert set(fields) == {"activation_bytes", "weight_bytes", "program_words"}


def test_a_named_configuration_goes_before_options():
    assert larger(network(20), TINY) == "it fits the configuration 'small'"
    compile_graph(network(20), configs.load("small"))


def test_what_no_memory_is_enough_for():
    text = larger(network(400), TINY)
    assert text == "it fits no named configuration, and not this one with the largest memories"
