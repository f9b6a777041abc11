"""``run --on reference`` for models that no engine was compiled for."""

import json

import numpy as np
import pytest
from tflite_models import Value, integers, random_layer, single

from zeroleap.gen.cli import main

VALUES = np.array([[3, -100, 127, 0]], np.int8)


@pytest.fixture
def model(tmp_path):
    """Write a map whose rows are read backwards, which no engine does yet."""
    rows = Value((1, 4, 1, 1), 0.5, 0)
    begin, end, steps = integers(0, 3, 0, 0), integers(1, 0, 1, 1), integers(1, -1, 1, 1)
    path = tmp_path / "flip.tflite"
    masks = {"BeginMask": 0, "EndMask": 2}
    path.write_bytes(
        single("STRIDED_SLICE", [rows, begin, end, steps], [rows], "StridedSliceOptions", **masks)
    )
    np.save(tmp_path / "x.npy", VALUES.reshape(1, 4, 1, 1))
    return path


def test_runs_without_an_engine_and_says_why_there_is_none(capsys, tmp_path, model):
    inputs = str(tmp_path / "x.npy")
    arguments = ["run", str(model), "--input", inputs, "--output", str(tmp_path / "y.npz")]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["on"], report["cycles"], report["macs"]) == ("reference", None, 0)
    assert "(STRIDED_SLICE)" in report["not_compiled"]
    with np.load(tmp_path / "y.npz") as outputs:
        assert outputs["output0"].reshape(-1).tolist() == [0, 127, -100, 3]

    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "no cycles: flip.tflite: layer 'output0' (STRIDED_SLICE)" in printed
    assert "output0: int8 (1, 4, 1, 1): 0 127 -100 3" in printed


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
        (["--on", "icarus"], "flip.tflite: layer 'output0' (STRIDED_SLICE)"),
        (["--lanes", "0"], "lanes must be an integer in 1..128, not 0"),
    ],
)
def test_other_faults_are_said_in_one_line(capsys, tmp_path, monkeypatch, model, more, words):
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(model), "--input", "x.npy", *more]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
