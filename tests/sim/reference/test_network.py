"""Whole networks: others' models with the oracle's outputs, and this project's own."""

from pathlib import Path

import numpy as np
import pytest
from tflite_models import REAL, random_layer

from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Operator
from zeroleap.gen.passes import simplify
from zeroleap.sim.reference.macs import effectual_macs, macs
from zeroleap.sim.reference.network import OPERATORS, run

OWN = Path(__file__).parents[2] / "models"


def golden(name):
    """Return the graph before and after the passes, and its cases as inputs and outputs."""
    if not REAL.is_dir():
        pytest.skip(f"the real models are not there: {REAL}")
    graph = load(REAL / "tflite" / f"{name}.tflite")
    arrays = np.load(REAL / "golden" / f"{name}.npz")
    cases = [
        tuple(
            {tensor: arrays[f"{case}_{end}{index}"] for index, tensor in enumerate(names)}
            for end, names in (("in", graph.inputs), ("out", graph.outputs))
        )
        for case in sorted({key.rpartition("_")[0] for key in arrays})
    ]
    return (graph, simplify(graph)), cases


@pytest.mark.parametrize("name", sorted(path.stem for path in (REAL / "tflite").glob("*.tflite")))
def test_real_model_is_the_oracles(name):
    """Every published case as the file is read, and the first one as the passes leave it."""
    (graph, legal), cases = golden(name)
    assert cases
    for form, count in ((graph, len(cases)), (legal, 1)):
        for inputs, outputs in cases[:count]:
            values = run(form, inputs)
            assert set(values) == set(form.tensors)
            for tensor, expected in outputs.items():
                assert values[tensor].dtype == expected.dtype
                np.testing.assert_array_equal(values[tensor], expected)


@pytest.mark.parametrize("name", ["dscnn_kws_int8", "microtvm_mnist_uint8io"])
def test_passes_keep_the_multiplications(name):
    graphs, cases = golden(name)
    counts = []
    for graph in graphs:
        values = run(graph, cases[0][0])
        counts.append(
            (
                sum(macs(graph, operator) for operator in graph),
                sum(effectual_macs(graph, op, values[op.input]) for op in graph),
            )
        )
    assert counts[0] == counts[1]


def test_reads_held_out_digits():
    graph = load(OWN / "digits_int8.onnx")
    held_out = np.load(OWN / "digits_heldout.npz")
    (name,), (scores,) = graph.inputs, graph.outputs
    read = [int(run(graph, {name: image[None]})[scores].argmax()) for image in held_out["images"]]
    accuracy = (np.array(read) == held_out["labels"]).mean()
    assert accuracy >= held_out["float_accuracy"] - 0.01


def test_knows_every_operator():
    leaves, kinds = set(), [Operator]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if not kind.__subclasses__():
            leaves.add(kind)
    assert set(OPERATORS) == leaves


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, r"inputs must be \['input'\], not \[\]"),
        ({"input": np.zeros((1, 3), np.uint8)}, r"input must be int8 of shape \(1, 3\), not uint8"),
        ({"input": np.zeros(3, np.int8)}, r"of shape \(1, 3\), not int8 of shape \(3,\)"),
    ],
)
def test_refuses_other_inputs(read, inputs, message):
    graph = read(random_layer(np.random.default_rng(0), (2, 3), (1, 3)).dense())
    with pytest.raises(ValueError, match=message):
        run(graph, inputs)
