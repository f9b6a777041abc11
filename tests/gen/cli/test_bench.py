"""``zeroleap bench``: its table, JSON and files; most tests let the reference stand for Verilog."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from graphs import convolution, graph

from zeroleap.gen import configs
from zeroleap.gen.cli import bench, main, trial
from zeroleap.gen.cli.bench_works import Work
from zeroleap.gen.cli.simulators import runner
from zeroleap.gen.ir import Tensor
from zeroleap.hw.config import Sparsity

MODEL = "tests/models/digits_int8.onnx"
KINDS = get_args(Sparsity)
SMALLEST = "fully connected"


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


class Instead:
    """The reference's run, with one layer's counters and values changed."""

    def __init__(self, network, cycles, step):
        self._network, self._cycles, self._step = network, cycles, step

    def run(self, batch, *, every_layer=False):
        runs = []
        for right in runner(self._network, "reference").run(batch, every_layer=every_layer):
            first = replace(right.counters[0], cycles=right.counters[0].cycles + self._cycles)
            name = self._network.image.layers[0].output
            values = right.layers[name].copy()
            values.reshape(-1)[3] += self._step
            layers = {**right.layers, name: values}
            runs.append(replace(right, counters=(first, *right.counters[1:]), layers=layers))
        return runs


@pytest.fixture
def simulated(monkeypatch):
    """Return a function that puts a changed reference in the place of the Verilog."""

    def put(cycles=0, step=0):
        monkeypatch.setattr(
            trial,
            "runner",
            lambda network, place: (
                runner(network, place) if place == "reference" else Instead(network, cycles, step)
            ),
        )

    put()
    return put


def printed(capsys, *arguments, status=0):
    assert main(["bench", *map(str, arguments), "--json"]) == status
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def refused(capsys, *arguments):
    assert main(["bench", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("zeroleap: error: ")
    assert err.count("\n") == 1
    return err


def test_json_has_a_row_for_each_sparsity(capsys, simulated):
    report = printed(capsys, "--only", SMALLEST)
    assert set(report) == {"on", "exact", "results"}
    assert (report["on"], report["exact"]) == ("verilator", True)
    assert [row["sparsity"] for row in report["results"]] == list(KINDS)
    for row in report["results"]:
        assert set(row) == {
            *("work", "lanes", "sparsity", "macs", "effectual_macs", "cycles"),
            *("utilization", "speedup", "exact", "differences"),
        }
        assert row["work"] == "fully connected 256->64 dense"
        assert (row["lanes"], row["macs"], row["effectual_macs"]) == (8, 64 * 256, 64 * 128)
        assert row["utilization"] == row["effectual_macs"] / (8 * row["cycles"])
    by_kind = {row["sparsity"]: row for row in report["results"]}
    assert by_kind["none"]["speedup"] == 1
    assert by_kind["activation"]["speedup"] == pytest.approx(
        by_kind["none"]["cycles"] / by_kind["activation"]["cycles"]
    )
    assert by_kind["activation"]["speedup"] > 1.8


def test_the_table_shows_the_same(capsys, simulated):
    rows = printed(capsys, "--only", SMALLEST)["results"]
    assert main(["bench", "--only", SMALLEST]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        *("work", "lanes", "sparsity", "MACs", "effectual", "cycles", "of", "the", "limit"),
        "speed-up",
    ]
    for line, row in zip(lines[2:], rows, strict=False):
        share, cycles = f"{100 * row['utilization']:.1f}", f"{row['cycles']:,}"
        figures = ["8", row["sparsity"], "16,384", "8,192", cycles, share, "%"]
        assert line.removeprefix(row["work"]).split() == [*figures, f"{row['speedup']:.2f}"]
    assert lines[-1].startswith(f"verilator equals the reference in {len(KINDS)} runs")


def tiny():
    """Two pixels of two channels, 1 x 1 to three channels: 12 MACs.

    Channel 0 is 5 and the zero point, and meets two weights that are not 0; channel 1 is not the
    zero point in either pixel, and meets one: 1 * 2 + 2 * 1 = 4 are effectual.
    """
    layer = convolution("x", "y", (3, 1, 1, 2))
    weights = np.array([[1, 0], [2, 0], [0, 3]], np.int8).reshape(3, 1, 1, 2)
    zero = -2
    shapes = {"x": Tensor("x", (1, 1, 2, 2), zero_point=zero), "y": (1, 1, 2, 3)}
    net = graph(shapes, replace(layer, weights=weights))
    return Work("tiny", 8, net, {"x": np.array([[[[5, 0], [zero, 7]]]], np.int8)})


def test_effectual_macs_of_a_tiny_layer_are_those_counted_by_hand(capsys, simulated, monkeypatch):
    monkeypatch.setattr(bench, "layer_works", lambda: [tiny()])
    rows = printed(capsys, "--only", "tiny")["results"]
    assert [(row["macs"], row["effectual_macs"]) for row in rows] == [(12, 4)] * len(KINDS)


def test_cycles_are_the_counted_ones_and_a_difference_is_status_1(capsys, simulated):
    right = printed(capsys, "--only", SMALLEST)["results"]
    simulated(cycles=100)
    report = printed(capsys, "--only", SMALLEST, status=1)
    assert report["exact"] is False
    for row, before in zip(report["results"], right, strict=True):
        assert row["cycles"] == before["cycles"] + 100
        assert row["exact"] is False
        assert [found["what"] for found in row["differences"]] == ["cycles"]
    assert main(["bench", "--only", SMALLEST]) == 1
    out = capsys.readouterr().out
    assert f"DIFFERS from the reference in {len(KINDS)} of {len(KINDS)} runs" in out
    assert "fully connected 256->64 dense, 8 lanes, none: " in out


def test_a_wrong_value_is_status_1(capsys, simulated, tmp_path):
    simulated(step=1)
    report = printed(capsys, "--only", SMALLEST, "-o", tmp_path, status=1)
    assert [found["what"] for found in report["results"][0]["differences"]] == ["values"]
    assert "DIFFERS" in (tmp_path / "bench.md").read_text()


def test_the_files_say_what_is_printed(capsys, simulated, tmp_path):
    folder = tmp_path / "new" / "folder"
    report = printed(capsys, "--only", SMALLEST, "-o", folder)
    assert {entry.name for entry in folder.iterdir()} == {"bench.md", "bench.json", "bench.png"}
    assert json.loads((folder / "bench.json").read_text()) == report
    assert (folder / "bench.png").read_bytes().startswith(b"\x89PNG")
    lines = (folder / "bench.md").read_text().splitlines()
    assert lines[0].startswith("| work | lanes | sparsity | MACs |")
    assert lines[2].startswith("| fully connected 256->64 dense | 8 | none | 16,384 | 8,192 |")
    assert {line.count("|") for line in lines[: 2 + len(KINDS)]} == {9}


def test_files_of_others_in_the_folder_stay(capsys, simulated, tmp_path):
    (tmp_path / "precious").touch()
    assert main(["bench", "--only", SMALLEST, "-o", str(tmp_path)]) == 0
    assert (tmp_path / "precious").exists()
    assert f"written to {tmp_path}" in capsys.readouterr().out


def test_networks_run_at_the_lanes_asked_for(capsys, simulated, tmp_path):
    with np.load("tests/models/digits_heldout.npz") as arrays:
        np.save(tmp_path / "x.npy", arrays["images"][:1])
    given = ("--model", MODEL, "--input", tmp_path / "x.npy", "--lanes", "16,4,16")
    rows = printed(capsys, *given, "--only", "digits")["results"]
    lanes = [count for count in (16, 4, 16, 4) for _ in KINDS]  # the demo's, and the one given
    assert [row["lanes"] for row in rows] == lanes
    assert {(row["macs"], row["effectual_macs"]) for row in rows} == {(452864, 130605)}
    assert rows[: len(rows) // 2] == rows[len(rows) // 2 :]


def test_more_than_one_network_may_be_given(capsys, simulated, tmp_path):
    given = []
    with np.load("tests/models/digits_heldout.npz") as arrays:
        for index, name in enumerate(("first.onnx", "second.onnx")):
            (tmp_path / name).write_bytes(Path(MODEL).read_bytes())
            np.save(tmp_path / f"{index}.npy", arrays["images"][index : index + 1])
            given += ["--model", tmp_path / name, "--input", tmp_path / f"{index}.npy"]
    rows = printed(capsys, *given, "--only", "onnx", "--lanes", "4")["results"]
    found = {row["work"]: row["effectual_macs"] for row in rows}
    assert list(found) == ["digits_int8.onnx", "first.onnx", "second.onnx"]
    assert found["digits_int8.onnx"] == found["first.onnx"] != found["second.onnx"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--only", "absent"], "--only: 'absent' is in no name; the names are conv 3x3 32->32"),
        (["--lanes", "0"], "argument --lanes: must be integers in 1..128, not '0'"),
        (["--lanes", "8,129"], "must be integers in 1..128, not '8,129'"),
        (["--lanes", "8,"], "must be integers in 1..128, not '8,'"),
        (["--lanes", "-3"], "argument --lanes"),
        (["--model", MODEL], "--model and --input are accepted together only"),
        (["--input", "x.npy"], "--model and --input are accepted together only"),
        (["--model", MODEL, "--input", "x.npy", "--model", MODEL], "one for each"),
        (["--model", MODEL, "--input", "absent.npy"], "absent.npy: cannot be read"),
        (["--model", "absent.onnx", "--input", "x.npy"], "there is no such file"),
        (["-o", "README.md"], "README.md is a file"),
        (["--sparsity", "none"], "unrecognized arguments"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(capsys, arguments, named):
    assert named in refused(capsys, *arguments)


def test_a_network_that_does_not_fit_is_refused_before_anything_runs(capsys, monkeypatch):
    monkeypatch.setattr(bench, "attempt", None)
    monkeypatch.setattr("zeroleap.gen.cli.bench_works.ROOMY", configs.load("small"))
    assert "weight_bytes" in refused(capsys, "--only", "digits", "--lanes", "1")


@pytest.mark.slow
def test_the_smallest_layer_on_verilator(capsys):
    report = printed(capsys, "--only", SMALLEST)
    assert report["exact"] is True
    assert [row["sparsity"] for row in report["results"]] == list(KINDS)
    for row in report["results"]:
        assert row["effectual_macs"] == 64 * 128
        assert row["cycles"] >= 64 * 128 / 8
