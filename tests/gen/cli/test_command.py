"""What a user gets wrong is said in one line, with exit status 2; nothing is left behind."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from zeroleap.gen.cli import command, configs, main

MODEL = "tests/models/digits_int8.onnx"


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


@pytest.fixture
def image(tmp_path):
    with np.load("tests/models/digits_heldout.npz") as arrays:
        np.save(tmp_path / "image.npy", arrays["images"][:1])
    return str(tmp_path / "image.npy")


def refused(capsys, *arguments):
    """Run a command that must be refused; its line."""
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert status == 2, err
    assert out == ""
    assert err.startswith("zeroleap: error: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    return err


def test_version_and_help_are_no_errors(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("zeroleap ")
    for arguments in (["--help"], ["compile", "--help"], ["demo", "--help"]):
        assert main(arguments) == 0
        assert "usage: zeroleap" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["compile"], "compile: the following arguments are required: MODEL"),
        (["compile", MODEL], "-o/--output"),
        (["estimate", MODEL, "--lane", "8"], "unrecognized arguments: --lane 8"),
        (["estimate", MODEL, "--lanes", "many"], "argument --lanes: invalid int value: 'many'"),
        (["estimate", MODEL, "--sparsity", "half"], "invalid choice: 'half'"),
        (["estimate", MODEL, "--lanes", "0"], "lanes must be an integer in 1..128, not 0"),
        (["estimate", MODEL, "--lanes", "129"], "lanes must be an integer in 1..128, not 129"),
        (["estimate", MODEL, "--config", "tiny"], "medium, large, ulx3s-85f"),
        (["estimate", MODEL, "--config", "absent.toml"], "absent.toml: cannot be read"),
        (["estimate", MODEL, "--activation-bytes", "64"], "activation_bytes is 64"),
        (["estimate", MODEL, "--weight-bytes", "16"], "weight_bytes is 16"),
        (["estimate", MODEL, "--input", "absent.npy"], "absent.npy: cannot be read"),
        (["estimate", "absent.onnx"], "absent.onnx: there is no such file"),
        (["estimate", "tests"], "tests: is a directory"),
        (["compile", "tests", "-o", "x"], "tests: is a directory"),
        (["estimate", "pyproject.toml"], "pyproject.toml: is of no known format"),
        (["run", MODEL], "required: --input"),
        (["run", MODEL, "--input", "x.npy", "--on", "paper"], "invalid choice: 'paper'"),
        (["verify", MODEL, "--input", "x.npy", "--on", "reference"], "invalid choice"),
        (["run", MODEL, "--input", "x.npy", "--port", "sim:"], "accepted with --on board, not"),
        (["demo", "--images", "0"], "--images must be in 1..360, not 0"),
        (["demo", "--models", "absent"], "are not in absent"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(capsys, arguments, named):
    assert named in refused(capsys, *arguments)


@pytest.mark.parametrize("size", [1, 100, 5000, 20000])
def test_a_truncated_model_is_refused(capsys, tmp_path, size):
    (tmp_path / "cut.onnx").write_bytes(Path(MODEL).read_bytes()[:size])
    assert "cut.onnx" in refused(capsys, "compile", tmp_path / "cut.onnx", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_failed_compile_leaves_nothing_behind(capsys, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "engine.v")

    monkeypatch.setattr("zeroleap.gen.cli.network.write_verilog", full)
    line = refused(capsys, "compile", MODEL, "-o", tmp_path / "out")
    assert line == "zeroleap: error: engine.v: No space left on device\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_the_users_is_not_written_over(capsys, tmp_path):
    (tmp_path / "precious").touch()
    assert "was not made by" in refused(capsys, "compile", MODEL, "-o", tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious"]


def test_the_wrong_shape_says_the_right_one(capsys, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((8, 8), np.float32))
    line = refused(capsys, "run", MODEL, "--input", tmp_path / "x.npy")
    assert "has shape (8, 8); the model takes float32 of shape (1, 1, 8, 8) for 'image'" in line


def test_a_board_needs_a_port(capsys, image):
    line = refused(capsys, "run", MODEL, "--input", image, "--on", "board", "--port", "/dev/absent")
    assert "/dev/absent: there is no such port" in line


@pytest.mark.parametrize("place", ["reference", "board"])
def test_a_waveform_needs_a_simulator(capsys, tmp_path, image, place):
    options = ("--on", place, "--vcd", tmp_path / "x.vcd")
    line = refused(capsys, "run", MODEL, "--input", image, *options)
    assert f"the {place} has no signals" in line
    assert "accepted with --on verilator" in line
    assert not (tmp_path / "x.vcd").exists()


def test_outputs_need_a_folder_before_anything_runs(capsys, image):
    line = refused(capsys, "run", MODEL, "--input", image, "--output", "absent/y.npz")
    assert "absent/y.npz: its folder does not exist" in line


def test_a_missing_simulator_is_named_with_its_package(capsys, monkeypatch, image):
    monkeypatch.setenv("PATH", "/nowhere")
    line = refused(capsys, "verify", MODEL, "--input", image, "--on", "icarus")
    assert "needs iverilog" in line


def test_configs_lists_the_named_ones(capsys):
    assert main(["configs"]) == 0
    heading, *_ = capsys.readouterr().out.splitlines()
    named = heading.split()
    assert {"small", "medium", "large"} <= set(named)
    assert main(["configs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["configs"]
    assert [config["name"] for config in listed] == named
    assert {config["name"]: config["lanes"] for config in listed}["medium"] == 32


def test_an_interrupt_is_quiet(capsys, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(configs, "execute", interrupted)
    assert main(["configs"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_leaves_is_no_error(monkeypatch, capsys):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["configs"]) == 141
    assert capsys.readouterr().err == ""


def test_a_failed_simulation_shows_its_log(monkeypatch, capsys):
    def failed(_):
        raise command.SimulationError("verilator failed:\nline 1\nthe reason\n")

    monkeypatch.setattr(configs, "execute", failed)
    assert main(["configs"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "zeroleap: error: the simulation failed: the reason"
    assert "line 1" in lines


def test_nothing_but_the_result_is_printed_in_a_pipe(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(["estimate", MODEL, "--json"]) == 0
    json.loads(capsys.readouterr().out)
    assert sys.stderr.getvalue() == ""
