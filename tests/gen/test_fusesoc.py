"""FuseSoC finds a compiled engine, and Verilator, through it, finds nothing to refuse."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from zeroleap.gen.cli import main
from zeroleap.sim.tools import verilator_environment

MODEL = Path(__file__).parents[1] / "models/digits_int8.onnx"


@pytest.mark.parametrize("bus", ["stream", "axi"])
def test_a_compiled_engine_is_a_core(tmp_path, bus):
    pytest.importorskip("fusesoc")
    folder = tmp_path / "compiled"
    assert main(["compile", str(MODEL), "-o", str(folder), "--lanes", "4", "--bus", bus]) == 0
    files = {file.name for file in folder.iterdir()}
    assert {"engine.v", "zeroleap.core"} <= files
    assert ({"axi_engine.v", "load.bin", "zeroleap.h"} <= files) == (bus == "axi")
    environment = verilator_environment() | {
        "XDG_CONFIG_HOME": str(tmp_path),
        "PATH": os.pathsep.join(
            [str(Path(sys.executable).parent), verilator_environment()["PATH"]]
        ),
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "fusesoc.main", "--cores-root", str(folder)),
            *("run", "--target", "lint", "zeroleap:ip:engine"),
        ],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    top = {"stream": "engine", "axi": "axi_engine"}[bus]
    scripts = [file.read_text() for file in (tmp_path / "build").rglob("*.vc")]
    assert any(f"--top-module {top}" in script for script in scripts)
