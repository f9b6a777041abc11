"""A difference is found, counted and placed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from zeroleap.gen.cli.compare import differences
from zeroleap.sim.runner import Counters, Run

COUNTERS = Counters(cycles=100, products=640, words_read=30, words_written=10)
NETWORK = SimpleNamespace(
    image=SimpleNamespace(layers=[SimpleNamespace(name="conv", output="y", computed=("y",))]),
    graph=SimpleNamespace(outputs=("scores",)),
)


def run_of(values, scores=(1, 2), counters=COUNTERS):
    outputs = {"scores": np.array(scores, np.int8)}
    return Run(outputs, (counters,), {"y": np.array(values, np.int8)})


def test_equal_runs_have_no_differences():
    assert differences(NETWORK, run_of([[1, 2]]), run_of([[1, 2]])) == []


def test_values_that_differ_are_counted_and_the_first_is_placed():
    [found] = differences(NETWORK, run_of([[1, 2], [3, 4]]), run_of([[1, 9], [8, 4]]))
    assert (found.layer, found.count, found.index) == ("conv", 2, (0, 1))
    assert (found.expected, found.got) == (2, 9)
    assert str(found) == "conv: 2 values differ, first at [0, 1]: expected 2, got 9"


@pytest.mark.parametrize("counter", vars(COUNTERS))
def test_every_counter_is_compared(counter):
    other = replace(COUNTERS, **{counter: 1})
    [found] = differences(NETWORK, run_of([1]), run_of([1], counters=other))
    assert str(found) == f"conv: {counter}: expected {getattr(COUNTERS, counter)}, got 1"


def test_outputs_are_compared_too():
    [found] = differences(NETWORK, run_of([1]), run_of([1], scores=(1, 3)))
    assert str(found).startswith("output scores: 1 values differ, first at [1]")


def test_a_tensor_that_is_missing_or_of_another_type_differs():
    good = run_of([1])
    assert differences(NETWORK, good, replace(good, layers={}))
    assert differences(NETWORK, good, replace(good, outputs={"scores": np.array([1, 2])}))
