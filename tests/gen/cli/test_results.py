"""The commands on the digits network, from model to verified Verilog."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tflite_models import random_layer

from zeroleap.gen.cli import main, verify
from zeroleap.gen.cli.simulators import runner
from zeroleap.gen.frontend import load
from zeroleap.sim.reference.network import run as run_reference

MODEL = "tests/models/digits_int8.onnx"
SMALLEST = ("--lanes", 2, "--activation-bytes", 256, "--weight-bytes", 256)
FOLDER = {
    "config.toml",
    "engine.v",
    "image.npz",
    "model",
    "report.json",
    "report.txt",
    "zeroleap.core",
}


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


@pytest.fixture
def image(tmp_path):
    with np.load("tests/models/digits_heldout.npz") as arrays:
        np.save(tmp_path / "image.npy", arrays["images"][:1])
    return tmp_path / "image.npy"


def printed(capsys, *arguments, status=0):
    """Run a command with ``--json``; its object."""
    assert main([*map(str, arguments), "--json"]) == status
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_compile_writes_all_there_is_to_know(capsys, tmp_path):
    report = printed(capsys, "compile", MODEL, "-o", tmp_path / "out", "--lanes", 4)
    assert {entry.name for entry in (tmp_path / "out").iterdir()} == FOLDER
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    assert "module engine" in (tmp_path / "out" / "engine.v").read_text()
    assert report["lanes"] == report["multipliers"] == 4
    assert report["macs"] == 452864
    assert report["cycles"] == sum(layer["cycles"] for layer in report["layers"])


def test_compiling_again_replaces_the_folder(capsys, tmp_path):
    for lanes in (4, 8):
        printed(capsys, "compile", MODEL, "-o", tmp_path / "out", "--lanes", lanes)
    assert "lanes = 8" in (tmp_path / "out" / "config.toml").read_text()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_folder_runs_as_the_model_that_it_was_made_of(capsys, tmp_path, image):
    printed(capsys, "compile", MODEL, "-o", tmp_path / "out")
    of_folder = printed(capsys, "run", tmp_path / "out", "--input", image)
    of_model = printed(capsys, "run", MODEL, "--input", image)
    assert of_folder == of_model
    assert of_folder["on"] == "reference"


def test_a_folder_takes_no_options_of_the_configuration(capsys, tmp_path, image):
    printed(capsys, "compile", MODEL, "-o", tmp_path / "out")
    assert main(["run", str(tmp_path / "out"), "--input", str(image), "--lanes", "4"]) == 2
    assert "is compiled already" in capsys.readouterr().err


def test_a_damaged_image_is_refused(capsys, tmp_path, image):
    printed(capsys, "compile", MODEL, "-o", tmp_path / "out")
    (tmp_path / "out" / "image.npz").write_bytes(b"PK")
    assert main(["run", str(tmp_path / "out"), "--input", str(image)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_outputs_have_the_models_names_and_the_references_values(capsys, tmp_path, image):
    printed(capsys, "run", MODEL, "--input", image, "--output", tmp_path / "y.npz")
    graph = load(MODEL)
    expected = run_reference(graph, {graph.inputs[0]: np.load(image)})
    with np.load(tmp_path / "y.npz") as outputs:
        assert list(outputs) == list(graph.outputs) == ["scores"]
        np.testing.assert_array_equal(outputs["scores"], expected["scores"])


def test_estimate_tells_the_cycles_that_run_takes(capsys, image):
    estimated = printed(capsys, "estimate", MODEL, "--input", image)
    ran = printed(capsys, "run", MODEL, "--input", image)
    assert estimated == {key: value for key, value in ran.items() if key != "on"}


def test_estimate_without_an_input_says_that_it_is_random(capsys):
    report = printed(capsys, "estimate", MODEL)
    assert "random" in report["input"]
    assert main(["estimate", MODEL]) == 0
    assert "random" in capsys.readouterr().out


def test_skipping_zeros_takes_at_most_065_of_the_dense_cycles(capsys, image):
    cycles = {
        sparsity: printed(capsys, "estimate", MODEL, "--input", image, "--sparsity", sparsity)
        for sparsity in ("none", "activation")
    }
    assert cycles["activation"]["cycles"] <= 0.65 * cycles["none"]["cycles"]
    assert cycles["activation"]["effectual_macs"] == cycles["none"]["effectual_macs"]


@pytest.mark.slow
def test_verify_finds_the_verilog_equal(capsys, image):
    report = printed(capsys, "verify", MODEL, "--input", image)
    assert report["exact"] is True
    assert report["differences"] == []
    assert report["on"] == "verilator"
    assert main(["verify", MODEL, "--input", str(image)]) == 0
    assert "every value and every counter" in capsys.readouterr().out


@pytest.fixture
def small(tmp_path):
    """Return a model that Icarus runs in seconds, and an input for it."""
    layer = random_layer(np.random.default_rng(5), (3, 2, 2, 2), (1, 4, 4, 2))
    (tmp_path / "small.tflite").write_bytes(layer.convolution())
    np.save(tmp_path / "x.npy", np.full((1, 4, 4, 2), 3, np.int8))
    return tmp_path / "small.tflite", tmp_path / "x.npy"


@pytest.mark.slow
def test_a_board_in_simulation_answers_as_the_reference_does(capsys, tmp_path, small):
    model, values = small
    reports = {}
    for place in (["reference"], ["board", "--port", "sim:"]):
        output = tmp_path / f"{place[0]}.npz"
        options = ("--input", values, "--output", output, *SMALLEST)
        reports[place[0]] = printed(capsys, "run", model, *options, "--on", *place)
        with np.load(output) as arrays:
            reports[place[0]]["outputs"] = {name: arrays[name].tolist() for name in arrays}
    for report in reports.values():
        del report["on"]
    assert reports["board"] == reports["reference"]


@pytest.mark.slow
@pytest.mark.icarus
def test_icarus_verifies_too_and_records_a_waveform(capsys, tmp_path, small):
    model, values = small
    options = ("--input", values, "--on", "icarus", *SMALLEST)
    assert printed(capsys, "verify", model, *options)["exact"] is True
    printed(capsys, "run", model, *options, "--vcd", tmp_path / "wave.fst")
    assert (tmp_path / "wave.fst").stat().st_size > 1000


def test_verify_finds_what_is_different(capsys, image, monkeypatch):
    class Wrong:
        """The reference, with one value and one counter of the second layer changed."""

        def __init__(self, network):
            self.network = network

        def run(self, batch, *, every_layer=False):
            [right] = runner(self.network, "reference").run(batch, every_layer=every_layer)
            name = self.network.image.layers[1].output
            values = right.layers[name].copy()
            values[0, 1, 2, 3] += 1
            counters = list(right.counters)
            counters[1] = replace(counters[1], products=counters[1].products + 1)
            return [replace(right, layers={**right.layers, name: values}, counters=tuple(counters))]

    monkeypatch.setattr(
        verify,
        "runner",
        lambda network, on, **_: runner(network, on) if on == "reference" else Wrong(network),
    )
    report = printed(capsys, "verify", MODEL, "--input", image, status=1)
    assert report["exact"] is False
    assert [found["what"] for found in report["differences"]] == ["values", "products"]
    assert report["differences"][0]["index"] == [0, 1, 2, 3]
    assert main(["verify", MODEL, "--input", str(image)]) == 1
    out = capsys.readouterr().out
    assert "differs from the reference" in out
    assert "1 values differ, first at [0, 1, 2, 3]" in out
