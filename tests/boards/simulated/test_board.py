"""The whole board, with the real client at the other end of the wire."""

import json
from pathlib import Path

import numpy as np
import pytest
from graphs import convolution, graph

from zeroleap.boards.frames import MARK_BY_HOST
from zeroleap.boards.link.client import Client
from zeroleap.boards.link.runner import BoardRunner
from zeroleap.boards.simulated.board import SimulatedBoard
from zeroleap.boards.simulated.port import SimulatedPort
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.gen.transactions import load_image
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Command, Space
from zeroleap.sim.machine import ReferenceRunner

MODELS = Path(__file__).parents[2] / "models"
ENGINE = EngineConfig(lanes=4)
RATE = 0.014
"""Of bytes with a fault."""


@pytest.fixture(scope="module")
def digits():
    """The demo's network, its image, and inputs that it was not trained on."""
    network = legalise(load(MODELS / "digits_int8.onnx"))
    images = np.load(MODELS / "digits_heldout.npz")["images"][:4]
    batch = [{network.inputs[0]: image[None]} for image in images]
    return network, compile_graph(network, ENGINE), batch


def equal_the_reference(digits, received, *, every_layer):
    network, image, batch = digits
    expected = ReferenceRunner(network, image).run(batch[: len(received)], every_layer=True)
    for ours, theirs in zip(received, expected, strict=True):
        assert ours.counters == theirs.counters
        values = {**theirs.outputs, **(theirs.layers if every_layer else {})}
        for name, array in values.items():
            np.testing.assert_array_equal({**ours.layers, **ours.outputs}[name], array, name)


def test_digits_equal_the_reference_through_the_wire(digits):
    network, image, batch = digits
    with SimulatedBoard(ENGINE) as board:
        with BoardRunner(network, image, Client(SimulatedPort(board))) as runner:
            equal_the_reference(digits, runner.run(batch[:1]), every_layer=False)
        sent = board.heard()
        client = Client(SimulatedPort(board))
        with BoardRunner(network, image, client) as runner:
            equal_the_reference(digits, runner.run(batch[:2]), every_layer=False)
        assert client.repeated == 0
        assert board.heard() - sent < 0.2 * sent  # the second client found the image loaded


def convolve(height, channels):
    """A network of one layer, its image, and an input."""
    shapes = {"x": (1, height, height, channels), "y": (1, height - 2, height - 2, channels)}
    network = graph(shapes, convolution("x", "y", (channels, 3, 3, channels)))
    pixels = np.random.default_rng(height).integers(-128, 128, shapes["x"]).astype(np.int8)
    return network, compile_graph(network, ENGINE), [{"x": pixels}]


def test_a_second_image_waits_for_the_end_of_the_first():
    long, short = convolve(14, 8), convolve(4, 2)
    with SimulatedBoard(ENGINE) as board:
        client = Client(SimulatedPort(board))
        first, second = (BoardRunner(*network[:2], client) for network in (long, short))

        first.run(long[2])
        client.command(Command.RUN)
        assert client.identity().busy
        client.mark(MARK_BY_HOST)
        client.play(load_image(short[1]))  # without asking first: it is refused until the end
        assert not client.identity().busy

        equal_the_reference(long, first.run(long[2]), every_layer=False)
        client.command(Command.RUN)
        assert client.identity().busy
        equal_the_reference(short, second.run(short[2]), every_layer=False)


def noisy(folder, seed, run, rate=RATE):
    """Run a client on a board whose wire has faults, and return how many there were, by kind."""
    faults = folder / "faults.json"
    plusargs = (f"+seed={seed}", f"+rate={rate}", f"+faults={faults}")
    with SimulatedBoard(ENGINE, "noisy_wire", plusargs) as board:
        port = SimulatedPort(board)
        run(Client(port, attempts=40, block=4))
        port.close()
    return json.loads(faults.read_text())


def test_words_survive_a_hundred_faults(tmp_path):
    random = np.random.default_rng(0)

    def run(client):
        held = np.zeros(64, np.uint32)
        client.write(Space.ACTIVATIONS, 0, held)
        for _ in range(40):
            count = int(random.integers(1, 20))
            at = int(random.integers(len(held) - count))
            held[at : at + count] = random.integers(0, 1 << 32, count)
            client.write(Space.ACTIVATIONS, at, held[at : at + count])
            at = int(random.integers(len(held) - 20))
            np.testing.assert_array_equal(
                client.read(Space.ACTIVATIONS, at, 20), held[at : at + 20]
            )
        np.testing.assert_array_equal(client.read(Space.ACTIVATIONS, 0, 64), held)

    assert sum(noisy(tmp_path, 2, run).values()) >= 100


@pytest.mark.slow
def test_digits_survive_a_thousand_faults(digits, tmp_path):
    network, image, batch = digits

    def run(client):
        received = BoardRunner(network, image, client).run(batch[:2], every_layer=True)
        equal_the_reference(digits, received, every_layer=True)

    faults = noisy(tmp_path, 1, run)
    assert sum(faults.values()) >= 1000
    assert len(faults) == 12
    assert min(faults.values()) >= 20
