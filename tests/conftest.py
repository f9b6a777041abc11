"""Options of the tests, which of them this machine cannot run, and what many of them need."""

import shutil

import pytest

from zeroleap.gen.frontend import load


def pytest_addoption(parser):
    parser.addoption(
        "--rtl", action="store_true", help="each operator's test on the RTL too, not a sample"
    )


def pytest_runtest_setup(item):
    is_there = shutil.which("iverilog") and shutil.which("vvp")
    if item.get_closest_marker("icarus") and not is_there:
        pytest.skip("Icarus Verilog (iverilog, vvp) is not installed")


@pytest.fixture
def read(tmp_path):
    """Read a TensorFlow Lite file's bytes into a graph."""

    def read(content):
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        return load(path)

    return read


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Let nothing be found but what a test puts in the folder, by `stand_ins.stand_in`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, path: which(name, path=str(folder)))
    return folder
