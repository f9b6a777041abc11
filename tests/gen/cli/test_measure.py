"""Figures of a network of which the engine does not compute every channel."""

from pathlib import Path

import pytest
from graphs import graph, transposed
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


def test_what_takes_several_layers_is_one_row(monkeypatch):
    """Four phases of 2 channels: of words, 12 are read and 48 written."""
    net = graph({"x": (1, 3, 4, 2), "y": (1, 6, 8, 2)}, transposed("x", "y"))
    monkeypatch.setattr(network, "load", lambda _: net)
    compiled = network.compile_model(Path("net"), configs.load("small"))
    inputs = given(compiled.graph)
    [run] = ReferenceRunner(compiled.graph, compiled.image).run([inputs])
    [row] = measure(compiled, inputs, run.counters, "an input").layers
    layers = compiled.image.layers
    assert (len(layers), len(run.counters)) == (4, 4)
    assert row.cycles == sum(counted.cycles for counted in run.counters)
    read, written = (
        sum(getattr(counted, name) for counted in run.counters)
        for name in ("words_read", "words_written")
    )
    assert row.bytes_moved == 4 * read + written
    assert row.sram_bytes == 4 * (12 + 48) + sum(layer.weight_bytes for layer in layers)
    assert (row.macs, row.shape) == (12 * 2 * 2 * 9, (1, 6, 8, 2))
    assert 0 < row.effectual_macs <= row.macs
