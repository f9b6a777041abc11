"""What a flash holds for a board is what a host would send it."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from fake_board import FakeBoard

from zeroleap.boards.frames import MARK_BY_HOST
from zeroleap.boards.link.client import Client
from zeroleap.boards.link.runner import BoardRunner
from zeroleap.boards.link.stored import stored
from zeroleap.gen import configs
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.gen.transactions import load_image
from zeroleap.hw.isa import Command, Space

MODELS = Path(__file__).parents[2] / "models"
SMALL = configs.load("small")


@pytest.fixture(scope="module")
def network():
    graph = legalise(load(MODELS / "digits_int8.onnx"))
    return graph, compile_graph(graph, SMALL)


def told(content):
    """Give a board that was sent a flash's bytes, their bits turned round, frame by frame."""
    board = FakeBoard(digest=int(SMALL.digest, 16))
    frames = bytes(int(f"{byte:08b}"[::-1], 2) for byte in content)
    while frames:
        is_write = frames[2] >> 2 & 3 == 1
        size = 12 + (4 * (256 - frames[4]) + 4 if is_write else 0)
        board.write(frames[:size])
        frames = frames[size:]
    return board


def test_it_has_the_words_of_an_image_and_then_the_mark(network):
    board, loaded = told(stored(network[1])), FakeBoard()
    Client(loaded).play(load_image(network[1]))
    assert board.words == loaded.words
    assert set(board.kinds[:-1]) == {1}
    assert board.kinds[-1] == 3


def test_a_client_finds_its_mark_and_writes_the_input_only(network):
    board = told(stored(network[1]))
    board.words = defaultdict(int, board.words)
    before = board.kinds.count(1)
    [name] = network[0].inputs
    BoardRunner(*network, Client(board)).run([{name: np.zeros((1, 1, 8, 8), np.float32)}])
    assert board.kinds.count(1) == before + 1


def test_a_reset_is_noticed_although_the_flash_has_an_image(network):
    board = told(stored(network[1]))
    mark, client = board.mark, Client(board)
    client.mark(MARK_BY_HOST)
    client.write(Space.PROGRAM, 0, np.ones(3, np.uint32))
    board.mark = mark
    with pytest.raises(InputError, match="the board was reset"):
        client.command(Command.RUN)
