"""``run --on reference`` for models that no engine was compiled for."""

import json

import numpy as np
import pytest
from tflite_models import Value, random_layer, single

from zeroleap.gen.cli import main

VALUES = np.array([[3, -100, 127, 0]], np.int8)


@pytest.fixture
def model(tmp_path):
    """Write a difference of two inputs that are both repeated, which no engine does yet."""
    row, column, both = (
        Value(shape, 0.5, 0) for shape in ((1, 1, 4, 1), (1, 4, 1, 1), (1, 4, 4, 1))
    )
    path = tmp_path / "sum.tflite"
    path.write_bytes(single("SUB", [row, column], [both], "SubOptions"))
    np.save(tmp_path / "x.npy", VALUES.reshape(1, 1, 4, 1))
    np.save(tmp_path / "z.npy", VALUES[:, ::-1].reshape(1, 4, 1, 1))
    return path


def test_runs_without_an_engine_and_says_why_there_is_none(capsys, tmp_path, model):
    inputs = f"{tmp_path / 'x.npy'},{tmp_path / 'z.npy'}"
    arguments = ["run", str(model), "--input", inputs, "--output", str(tmp_path / "y.npz")]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["on"], report["cycles"], report["macs"]) == ("reference", None, 0)
    assert "(SUB)" in report["not_compiled"]
    with np.load(tmp_path / "y.npz") as outputs:
        values = outputs["output0"][0, :, :, 0]
    assert values[0].tolist() == [3, -100, 127, 0]
    assert values[2].tolist() == [103, 0, 127, 100]

    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "no cycles: sum.tflite: layer 'output0' (SUB)" in printed
    assert "output0: int8 (1, 4, 4, 1): 3 -100 127 0" in printed


def test_a_model_that_does_not_fit_runs_all_the_same(capsys, tmp_path):
    layer = random_layer(np.random.default_rng(0), (64, 64), (1, 64))
    (tmp_path / "dense.tflite").write_bytes(layer.dense())
    np.save(tmp_path / "x.npy", np.zeros((1, 64), np.int8))
    arguments = ["run", str(tmp_path / "dense.tflite"), "--input", str(tmp_path / "x.npy")]
    assert main([*arguments, "--weight-bytes", "64", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["macs"] == 64 * 64
    assert "weight_bytes is 64" in report["not_compiled"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--vcd", "wave.vcd"], "--vcd: the reference has no signals"),
        (["--on", "icarus"], "sum.tflite: layer 'output0' (SUB)"),
        (["--lanes", "0"], "lanes must be an integer in 1..64, not 0"),
    ],
)
def test_other_faults_are_said_in_one_line(capsys, tmp_path, monkeypatch, model, more, words):
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(model), "--input", "x.npy,z.npy", *more]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
