"""Whole networks, from file to output: every layer, to the bit and to the cycle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tflite_models import REAL

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Convolution
from zeroleap.gen.passes import legalise
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.machine import ReferenceRunner
from zeroleap.sim.reference.macs import effectual_macs
from zeroleap.sim.reference.network import run
from zeroleap.sim.rtl import RtlRunner

MODELS = Path(__file__).parent / "models"
SPARSE = EngineConfig(lanes=8, sparsity="activation")
DENSE = replace(SPARSE, sparsity="none")
ROOMY = EngineConfig(
    lanes=16,
    groups=2,
    sparsity="both",
    activation_bytes=2**18,
    weight_bytes=2**16,
    headers=2**14,
    parameters=2**14,
    tables=32,
    program_words=2**16,
    layers=256,
)
"""No chip's: as much memory as the larger networks need."""

SIMULATORS = ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)]
SLOW_SIMULATORS = [
    "verilator",
    pytest.param("icarus", marks=[pytest.mark.icarus, pytest.mark.slow]),
]


@pytest.fixture
def simulator(request):
    return request.param


def digits(count):
    """The network of the demo, and inputs that it was not trained on."""
    graph = legalise(load(MODELS / "digits_int8.onnx"))
    images = np.load(MODELS / "digits_heldout.npz")["images"][:count]
    return graph, [{graph.inputs[0]: image[None]} for image in images]


def golden(name, count):
    """A real network, and published inputs and outputs."""
    model, answers = REAL / f"tflite/{name}.tflite", REAL / f"golden/{name}.npz"
    if not (model.exists() and answers.exists()):
        pytest.skip(f"{name}: the real models are not here")
    graph = legalise(load(model))
    arrays = np.load(answers)
    cases = sorted(key.removesuffix("_in0") for key in arrays.files if key.endswith("_in0"))
    given, expected = (
        [
            {name: arrays[f"{case}_{role}{index}"] for index, name in enumerate(names)}
            for case in cases[:count]
        ]
        for role, names in (("in", graph.inputs), ("out", graph.outputs))
    )
    return graph, given, expected


def check(graph, batch, config, simulator, ways=(True, False)):
    """Assert that simulator and reference agree, layer by layer and in one go; return the runs."""
    image = compile_graph(graph, config)
    expected = ReferenceRunner(graph, image).run(batch, every_layer=True)
    runner = RtlRunner(graph, image, simulator)
    for every_layer in ways:
        received = runner.run(batch, every_layer=every_layer)
        for ours, theirs in zip(received, expected, strict=True):
            values = {**theirs.outputs, **(theirs.layers if every_layer else {})}
            assert {*ours.outputs, *ours.layers} == set(values)
            for name, array in values.items():
                np.testing.assert_array_equal({**ours.layers, **ours.outputs}[name], array, name)
            assert ours.counters == theirs.counters
    return expected


@pytest.mark.parametrize("config", [SPARSE, DENSE], ids=lambda config: config.sparsity)
@pytest.mark.parametrize("simulator", SIMULATORS, indirect=True)
def test_digits_equal_the_reference(simulator, config):
    graph, batch = digits(4 if simulator == "verilator" else 1)
    check(graph, batch, config, simulator)


@pytest.mark.parametrize(
    ("name", "count"), [("microtvm_mnist_uint8io", 2), ("hello_world_int8", 2)]
)
@pytest.mark.parametrize("simulator", SLOW_SIMULATORS, indirect=True)
def test_real_networks_equal_their_golden_outputs(simulator, name, count):
    graph, batch, outputs = golden(name, count if simulator == "verilator" else 1)
    runs = check(graph, batch, SPARSE, simulator)
    are_golden(runs, outputs)


LARGER = [
    "ad_autoencoder_int8",
    "dscnn_kws_int8",
    "mcunet_vww_int8",
    "micro_speech_int8",
    "person_detect_int8",
    "resnet8_cifar10_int8",
    "simple_add_int8",
    "sound_resnetse_int8",
    "yolo_person_int8",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGER)
def test_larger_networks_equal_their_golden_outputs(name):
    graph, batch, outputs = golden(name, 1)
    are_golden(check(graph, batch, ROOMY, "verilator", ways=(True,)), outputs)


@pytest.mark.slow
@pytest.mark.icarus
@pytest.mark.parametrize("simulator", ["icarus"], indirect=True)
def test_keyword_spotting_equals_its_golden_outputs_on_icarus(simulator):
    graph, batch, outputs = golden("dscnn_kws_int8", 1)
    engine = replace(SPARSE, sparsity="both", groups=2, program_words=4096)
    are_golden(check(graph, batch, engine, simulator, ways=(True,)), outputs)


def are_golden(runs, outputs):
    """Assert that the first runs gave these outputs."""
    for inference, expected in zip(runs, outputs, strict=False):
        assert set(inference.outputs) == set(expected)
        for name, values in expected.items():
            np.testing.assert_array_equal(inference.outputs[name], values, name)


def test_skipping_zeros_pays():
    """The cycles are the reference's; the tests above hold them equal to the RTL's."""
    graph, batch = digits(20)
    kernels = {operator.output: operator for operator in graph if is_kernel(operator)}
    assert len(kernels) == 3

    cycles = {}
    for config in (SPARSE, DENSE):
        image = compile_graph(graph, config)
        cycles[config.sparsity] = sum(
            counters.cycles
            for inference in ReferenceRunner(graph, image).run(batch)
            for layer, counters in zip(image.layers, inference.counters, strict=True)
            if layer.output in kernels
        )
    effectual = sum(
        effectual_macs(graph, operator, values[operator.input])
        for values in (run(graph, inputs) for inputs in batch)
        for operator in kernels.values()
    )

    assert 0.85 <= effectual / (SPARSE.lanes * cycles["activation"]) <= 1
    assert cycles["activation"] <= 0.65 * cycles["none"]


def is_kernel(operator):
    """Whether this was a convolution in the model: its dense layer has become one as well."""
    return isinstance(operator, Convolution) and operator.source == "Conv"
