"""The whole board, with a flash that holds an image, a damaged one, another one or none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zeroleap.boards.frames import MARK_WHOLE
from zeroleap.boards.link.client import Client
from zeroleap.boards.link.runner import BoardRunner
from zeroleap.boards.link.stored import stored
from zeroleap.boards.simulated.board import SimulatedBoard
from zeroleap.boards.simulated.port import SimulatedPort
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.machine import ReferenceRunner

MODELS = Path(__file__).parents[2] / "models"
ENGINE = EngineConfig(lanes=4)


@pytest.fixture(scope="module")
def digits():
    """The demo's network, its image, and an input that it was not trained on."""
    graph = legalise(load(MODELS / "digits_int8.onnx"))
    [values] = np.load(MODELS / "digits_heldout.npz")["images"][:1]
    return graph, compile_graph(graph, ENGINE), [{graph.inputs[0]: values[None]}]


def marked_and_sent(digits, flash):
    """Run after power-up: the mark that is found, and the share of the image that is sent then.

    The outputs and counters must be the reference's, whatever the flash holds.
    """
    graph, image, batch = digits
    with SimulatedBoard(ENGINE, flash=flash) as board:
        client = Client(SimulatedPort(board))
        mark = client.identity().mark
        with BoardRunner(graph, image, client) as runner:
            [ours] = runner.run(batch)
        assert client.repeated == 0
        sent = board.heard()
    [theirs] = ReferenceRunner(graph, image).run(batch)
    assert ours.counters == theirs.counters
    for name, array in theirs.outputs.items():
        np.testing.assert_array_equal(ours.outputs[name], array, name)
    return mark, sent / len(stored(image))


def test_a_board_whose_flash_holds_the_image_is_sent_the_input_only(digits):
    mark, share = marked_and_sent(digits, stored(digits[1]))
    assert mark & MARK_WHOLE
    assert share < 0.05


def flipped(content):
    """Change a bit of a word in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [flipped, lambda content: content[:-1], lambda _: b"\0" * 4096])
def test_a_damaged_image_is_not_marked_and_the_host_loads_its_own(digits, damage):
    mark, share = marked_and_sent(digits, damage(stored(digits[1])))
    assert mark == 0
    assert share > 1


def test_another_networks_image_is_replaced(digits):
    image = digits[1]
    other = replace(image, weights=~image.weights)
    mark, share = marked_and_sent(digits, stored(other))
    assert mark & MARK_WHOLE
    assert share > 1
