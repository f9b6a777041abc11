"""What is saved so that a network fits, and what that costs."""

from dataclasses import replace

import pytest
from graphs import convolution, graph

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import CapacityError
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.cycles import most_cycles

ONE = EngineConfig(lanes=8)
TWO = replace(ONE, groups=2)


def test_weights_are_saved_once_and_only_where_groups_could_share():
    for field in ("weight_bytes", "headers"):
        assert NOTHING.more(field, TWO) == Saving(weights=True)
        assert Saving(weights=True).more(field, TWO) is None
        assert NOTHING.more(field, ONE) is None


def test_the_program_is_saved_in_three_steps():
    saving = Saving(weights=True)
    for step in (1, 2, 3):
        saving = saving.more("program_words", TWO)
        assert saving == Saving(weights=True, program=step)
    assert saving.more("program_words", TWO) is None


@pytest.mark.parametrize("field", ["activation_bytes", "parameters", "tables", "layers"])
def test_nothing_saves_the_rest(field):
    assert NOTHING.more(field, TWO) is None


def network():
    shapes = {"x": (1, 24, 24, 4), "y": (1, 22, 22, 16)}
    return graph(shapes, convolution("x", "y", (16, 3, 3, 4)))


def test_a_program_that_does_not_fit_gets_fewer_tiles():
    free = compile_graph(network(), ONE)
    tight = compile_graph(network(), replace(ONE, program_words=len(free.program) - 1))
    assert len(tight.program) < len(free.program)
    assert tight.layers[0].tiles < free.layers[0].tiles
    assert most_cycles(tight) >= most_cycles(free)


def test_a_program_that_never_fits_is_refused():
    with pytest.raises(CapacityError, match="program_words is 64") as refusal:
        compile_graph(network(), replace(ONE, partial_sums=4, program_words=64))
    assert refusal.value.field == "program_words"


def test_weights_that_do_not_fit_twice_are_shared():
    """16 channels of 8 lanes: 2 in each if shared, and 4 if each group has all."""
    engine = replace(TWO, weight_bytes=2 * 9 * 4)
    image = compile_graph(network(), engine)
    assert len(image.weights) == 2 * 9 * 4
