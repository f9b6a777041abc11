"""What is saved so that a network fits, and what that costs."""

from dataclasses import replace

import pytest
from graphs import convolution, graph

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import CapacityError
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.cycles import most_cycles
from zeroleap.sim.cycles.program import decode_program

ONE = EngineConfig(lanes=8)
TWO = replace(ONE, groups=2)


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


def two_layers():
    """12 and 20 channels: 3 and 5 slots of 4 lanes if each group has all, 2 and 3 if they share.

    With 9 weights a slot and input channel, the first saves 36 rows of 108, and takes 4/3 of its
    cycles; the second 216 of 540, and takes 6/5 of four times as many.
    """
    shapes = {"x": (1, 24, 24, 4), "y": (1, 22, 22, 12), "z": (1, 20, 20, 20)}
    return graph(
        shapes, convolution("x", "y", (12, 3, 3, 4)), convolution("y", "z", (20, 3, 3, 12))
    )


NONE, FIRST, SECOND, BOTH = [False, False], [True, False], [False, True], [True, True]


def shared(image):
    return [bool(program.layer.shared) for program in decode_program(image)]


@pytest.mark.parametrize("sparsity", ["none", "activation"])
@pytest.mark.parametrize(
    ("missing", "sharing", "saved"),
    [(0, NONE, 0), (1, FIRST, 36), (36, FIRST, 36), (37, SECOND, 216), (217, BOTH, 252)],
)
def test_only_layers_share_that_must(sparsity, missing, sharing, saved):
    config = replace(TWO, sparsity=sparsity, weight_bytes=648 - missing)
    image = compile_graph(two_layers(), config)
    assert shared(image) == sharing
    assert len(image.weights) == 648 - saved


@pytest.mark.parametrize(("missing", "sharing"), [(0, NONE), (4, FIRST), (5, SECOND), (25, BOTH)])
def test_headers_that_do_not_fit_are_saved_too(missing, sharing):
    """One for each slot and input channel: 12 and 60, of which 4 and 24 can be saved."""
    config = replace(TWO, sparsity="both", headers=72 - missing)
    image = compile_graph(two_layers(), config)
    assert shared(image) == sharing
    assert len(image.headers) <= config.headers


def test_weights_that_never_fit_are_refused_by_what_is_missing_if_all_is_shared():
    config = replace(TWO, weight_bytes=395)
    with pytest.raises(CapacityError, match=r"needs 396 bytes of weights .* 1 more are") as refusal:
        compile_graph(two_layers(), config)
    assert refusal.value.field == "weight_bytes"


def test_weights_and_program_are_saved_together():
    config = replace(TWO, weight_bytes=396, partial_sums=64)
    words = len(compile_graph(two_layers(), config).program)
    tight = compile_graph(two_layers(), replace(config, program_words=words - 1))
    assert len(tight.program) < words
    assert len(tight.weights) == 396
