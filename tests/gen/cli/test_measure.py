"""Figures of a network of which the engine does not compute every channel."""

from pathlib import Path

import pytest
from shrinking import given, two_layers

from zeroleap.gen import configs
from zeroleap.gen.cli import network
from zeroleap.gen.cli.measure import measure
from zeroleap.sim.machine import ReferenceRunner


@pytest.fixture
def measured(monkeypatch):
    """Run two layers on an engine, and give what is reported of each, and its counters."""
    monkeypatch.setattr(network, "load", lambda _: two_layers())

    def run_on(config):
        compiled = network.compile_model(Path("net"), config)
        inputs = given(compiled.graph)
        [run] = ReferenceRunner(compiled.graph, compiled.image).run([inputs])
        return measure(compiled, inputs, run.counters, "an input").layers, run.counters

    return run_on


def test_macs_are_the_models_and_the_rest_is_the_engines(measured):
    (first, second), _ = measured(configs.load("small"))
    assert (first.macs, second.macs) == (16 * 2 * 3, 16 * 3 * 5)
    assert first.effectual_macs <= 16 * 2 * 2
    assert second.effectual_macs <= 16 * 2 * 5
    assert (first.shape, second.shape) == ((1, 4, 4, 2), (1, 4, 4, 5))


@pytest.mark.parametrize("read_words", [1, 2])
def test_a_read_moves_all_words_that_are_read_together(measured, read_words):
    """Of 16 pixels of a word each, which are read one by one all the same."""
    (first, _), (counted, _) = measured(configs.load("small", read_words=read_words))
    assert counted.words_read == 16
    assert first.bytes_moved == 16 * 4 * read_words + counted.words_written
