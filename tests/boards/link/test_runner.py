"""What a runner loads, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
from fake_board import FakeBoard

from zeroleap.boards.link.client import Client
from zeroleap.boards.link.runner import BoardRunner
from zeroleap.gen import configs
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise

MODELS = Path(__file__).parents[2] / "models"
SMALL = configs.load("small")
CONTROL, PROGRAM = 0, 1


class Reads(dict):
    """Memories that read as 0 where nobody wrote."""

    def __missing__(self, _place):
        return 0


@pytest.fixture(scope="module")
def network():
    graph = legalise(load(MODELS / "digits_int8.onnx"))
    return (
        graph,
        compile_graph(graph, SMALL),
        [{graph.inputs[0]: np.zeros((1, 1, 8, 8), np.float32)}],
    )


def board(digest=SMALL.digest):
    made = FakeBoard(digest=int(digest, 16))
    made.words = Reads()
    return made


def test_an_image_is_loaded_once(network):
    graph, image, batch = network
    at = board()
    counts = []
    for _ in range(2):
        runner = BoardRunner(graph, image, Client(at))
        for _ in range(2):
            runner.run(batch)
            counts.append(at.kinds.count(1))
    assert counts[0] > 10
    assert np.diff(counts).tolist() == [1, 1, 1]  # the input


def test_it_is_loaded_again_after_a_reset_and_after_another_image(network):
    graph, image, batch = network
    at = board()
    BoardRunner(graph, image, Client(at)).run(batch)
    for forget in (at.reset, lambda: Client(at).mark(0x80000001)):
        forget()
        written = at.kinds.count(1)
        BoardRunner(graph, image, Client(at)).run(batch)
        assert at.kinds.count(1) > written + 10


def test_what_was_half_loaded_is_not_taken_for_loaded(network):
    graph, image, batch = network
    at = board()
    BoardRunner(graph, image, Client(at)).run(batch)
    at.mark ^= 1  # another image's

    limit = at.kinds.count(1) + 10

    def unplugged(data):
        if at.kinds.count(1) > limit:
            raise InputError("gone")
        return data

    at.to_board = unplugged
    with pytest.raises(InputError, match="gone"):
        BoardRunner(graph, image, Client(at)).run(batch)
    assert not at.mark & 1 << 30


def test_a_reset_while_it_is_loaded_is_noticed(network):
    graph, image, batch = network
    at = board()

    def reset(data):
        if at.kinds.count(1) == 10:
            at.reset()
        return data

    at.to_board = reset
    with pytest.raises(InputError, match="the board was reset"):
        BoardRunner(graph, image, Client(at)).run(batch)


@pytest.mark.parametrize(
    ("digest", "held"), [("0badcafe", "another"), (configs.load("medium").digest, "'medium'")]
)
def test_refuses_an_image_of_another_configuration_by_name(network, digest, held):
    graph, image, _ = network
    at = board(digest)
    line = f"'small' .digest {SMALL.digest}., but the board has {held} .digest {digest}."
    with pytest.raises(InputError, match=f"digits_int8.onnx was compiled for .* {line}"):
        BoardRunner(graph, image, Client(at))
    assert at.closed


@pytest.mark.parametrize(
    ("shape", "dtype", "name", "line"),
    [
        ((1, 1, 8, 7), np.float32, None, "must be float32 of shape .1, 1, 8, 8., not float32"),
        ((1, 1, 8, 8), np.int8, None, "must be float32 of shape .1, 1, 8, 8., not int8"),
        ((1, 1, 8, 8), np.float32, "picture", "inputs must be .*, not .'picture'."),
    ],
)
def test_an_input_of_another_shape_is_refused_and_the_next_runs(network, shape, dtype, name, line):
    graph, image, batch = network
    runner = BoardRunner(graph, image, Client(board()))
    with pytest.raises(ValueError, match=line):
        runner.run([{name or graph.inputs[0]: np.zeros(shape, dtype)}])
    assert runner.run(batch)
