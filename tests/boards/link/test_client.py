"""The client, at a board that a few lines of Python play and a line that fails on purpose."""

import itertools
import random

import numpy as np
import pytest
from fake_board import FakeBoard
from hardware import SEEDS
from host_requests import requests

from zeroleap.boards.frames import MARK_BY_HOST
from zeroleap.boards.link.client import Client, NoAnswerError
from zeroleap.gen.errors import InputError
from zeroleap.hw.isa import Command, Space

WORDS = np.arange(600, dtype=np.uint32) * 0x01234567


def failing(*faults):
    """Damage the first frames, each by its function, and no more."""
    left = list(faults)
    return lambda data: left.pop(0)(data) if left else data


def lost(_data):
    return b""


def flipped(data):
    return bytes([*data[:-1], data[-1] ^ 1])


def cut(data):
    return data[:-3]


def with_noise(data):
    return b"\x7a\x00" + data + b"\xff"


def test_moves_words_in_blocks():
    board = FakeBoard()
    client = Client(board)
    client.write(Space.PROGRAM, 10, WORDS)
    assert board.words == {(Space.PROGRAM, 10 + at): word for at, word in enumerate(WORDS.tolist())}
    assert client.read(Space.PROGRAM, 10, 600).tolist() == WORDS.tolist()
    assert board.kinds == [1] * 3 + [0] * 3
    assert client.repeated == 0


@pytest.mark.parametrize("fault", [lost, flipped, cut])
@pytest.mark.parametrize("direction", ["to_board", "to_host"])
def test_asks_again_until_the_answer_is_whole(direction, fault):
    board = FakeBoard(**{direction: failing(fault, fault)})
    client = Client(board)
    client.write(Space.PROGRAM, 0, WORDS[:3])
    assert client.repeated == 2
    assert client.read(Space.PROGRAM, 0, 3).tolist() == WORDS[:3].tolist()


def test_noise_around_an_answer_costs_nothing():
    client = Client(FakeBoard(to_host=with_noise))
    client.identity()
    assert client.repeated == 0


@pytest.mark.parametrize("fault", [lost, flipped])
def test_a_command_whose_answer_is_lost_is_done_once(fault):
    board = FakeBoard(to_host=failing(bytes, fault, fault, bytes, bytes, fault))
    client = Client(board)
    for which in (Command.STEP, Command.RESUME, Command.RESUME):
        client.command(which)
    assert board.commands == [1, 2, 2]
    assert client.repeated == 3


def test_a_second_client_knows_whose_turn_it_is():
    board = FakeBoard()
    for _ in range(3):
        Client(board).command(Command.RUN)
    assert board.commands == [0] * 3


def test_waits_while_the_engine_runs():
    board = FakeBoard(runs=5)
    client = Client(board)
    board.words[Space.ACTIVATIONS, 0] = 7
    client.command(Command.RUN)
    assert client.read(Space.ACTIVATIONS, 0, 1).tolist() == [7]


def test_an_engine_that_never_ends_is_an_error():
    client = Client(FakeBoard(runs=10**6))
    client.command(Command.RUN)
    with pytest.raises(InputError, match=r"fake: the board has been running for 0.01 s; reset it"):
        client.wait(0.01)


def test_plays_requests_in_blocks_and_in_order():
    board, told = FakeBoard(), []
    words = Client(board).play(
        requests(
            (Space.PROGRAM, 0, 1),
            (Space.PROGRAM, 1, 2),
            (Space.PROGRAM, 3, 3),
            (Space.PARAMETERS, 4, 4),
            (Space.CONTROL, 0, Command.STEP.value),
            (Space.CONTROL, 0, Command.RESUME.value),
            (Space.PROGRAM, 0, None),
            (Space.PROGRAM, 1, None),
            (Space.PARAMETERS, 4, None),
        ),
        lambda done, total: told.append((done, total)),
    )
    assert words.tolist() == [1, 2, 4]
    assert board.commands == [1, 2]
    assert board.kinds == [1, 1, 1, 2, 2, 0, 0]
    assert told == [(done, 9) for done in (2, 3, 4, 5, 6, 8, 9)]


def test_a_reset_is_noticed_once_a_host_has_marked_the_board():
    board = FakeBoard()
    client = Client(board)
    client.command(Command.RUN)
    client.mark(MARK_BY_HOST | 5)
    assert client.identity().mark == MARK_BY_HOST | 5
    client.write(Space.PROGRAM, 0, WORDS[:1])
    board.reset()
    with pytest.raises(InputError, match="fake: the board was reset"):
        client.command(Command.RUN)
    client.mark(0)
    client.write(Space.PROGRAM, 0, WORDS[:1])


def test_no_answer_is_one_line():
    with pytest.raises(
        NoAnswerError, match="fake: no answer; is it the board's port, has the board"
    ):
        Client(FakeBoard(to_board=lost)).identity()


def test_it_gives_up_after_damaged_frames():
    with pytest.raises(InputError, match="fake: gave up after 5 damaged frames"):
        Client(FakeBoard(to_host=flipped), attempts=5).identity()


def test_another_version_is_refused_by_name():
    with pytest.raises(InputError, match="version 2 of the protocol; accepted is 1"):
        Client(FakeBoard(version=2)).identity()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_on_a_bad_line(seed):
    chance = random.Random(seed)
    faults = itertools.count()

    def bad(data):
        if chance.random() < 0.6 or not data:
            return data
        next(faults)
        at = chance.randrange(len(data) + 1)
        return chance.choice([lost, flipped, cut, lambda it: it[:at] + b"z" + it[at:]])(data)

    board = FakeBoard(bad, bad, runs=2)
    client = Client(board, attempts=60, block=7)
    for turn in range(4):
        client.write(Space.TABLES, turn, WORDS[:100] + turn)
        client.command(Command.STEP)
        assert client.read(Space.TABLES, turn, 100).tolist() == (WORDS[:100] + turn).tolist()
    assert board.commands == [1] * 4
    assert next(faults) > 50
