"""Figures of a network of which the engine does not compute every channel."""

from pathlib import Path

import pytest
from shrinking import given, two_layers

from zeroleap.gen import configs
from zeroleap.gen.cli import network
from zeroleap.gen.cli.measure import measure
from zeroleap.sim.machine import ReferenceRunner


def test_macs_are_the_models_and_the_rest_is_the_engines(monkeypatch):
    monkeypatch.setattr(network, "load", lambda _: two_layers())
    compiled = network.compile_model(Path("net"), configs.load("small"))
    inputs = given(compiled.graph)
    [run] = ReferenceRunner(compiled.graph, compiled.image).run([inputs])
    first, second = measure(compiled, inputs, run.counters, "an input").layers
    assert (first.macs, second.macs) == (16 * 2 * 3, 16 * 3 * 5)
    assert first.effectual_macs <= 16 * 2 * 2
    assert second.effectual_macs <= 16 * 2 * 5
    assert (first.shape, second.shape) == ((1, 4, 4, 2), (1, 4, 4, 5))


@pytest.mark.parametrize("read_words", [1, 2])
def test_a_read_moves_all_words_that_are_read_together(monkeypatch, read_words):
    """Of 16 pixels of a word each, which are read one by one all the same."""
    monkeypatch.setattr(network, "load", lambda _: two_layers())
    compiled = network.compile_model(Path("net"), configs.load("small", read_words=read_words))
    inputs = given(compiled.graph)
    [run] = ReferenceRunner(compiled.graph, compiled.image).run([inputs])
    first, _ = measure(compiled, inputs, run.counters, "an input").layers
    written = run.counters[0].words_written
    assert run.counters[0].words_read == 16
    assert first.bytes_moved == 16 * 4 * read_words + written
