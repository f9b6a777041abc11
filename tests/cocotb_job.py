"""Builds Verilog and runs a cocotb bench on it, in a child process.

cocotb's runner leaves by ``SystemExit`` and takes its settings from the environment.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from cocotb_tools.runner import get_runner

from zeroleap.sim.launch import BUILD_ARGUMENTS
from zeroleap.sim.simulator import ENVIRONMENTS


def run_bench(folder, simulator, sources, top, bench, plusargs=(), defines=()):
    """Run the tests of the module ``bench`` in ``folder``; assert that they pass."""
    job = {
        "simulator": simulator,
        "sources": [str(source) for source in sources],
        "top": top,
        "bench": bench,
        "plusargs": list(plusargs),
        "defines": dict(defines),
    }
    (folder / "job.json").write_text(json.dumps(job))
    child = subprocess.run(
        [sys.executable, "-m", "cocotb_job"],
        cwd=folder,
        env=ENVIRONMENTS[simulator]() | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stdout[-8000:]


def main():
    job = json.loads(Path("job.json").read_text())
    runner = get_runner(job["simulator"])
    timescale = ("1ns", "1ps")
    arguments = list(BUILD_ARGUMENTS[job["simulator"]])
    if job["simulator"] == "verilator":  # a bench may see the ports of the top, and no more
        public = f'`verilator_config\npublic_flat_rw -module "{job["top"]}" -var "*"\n'
        Path("control.vlt").write_text(public)
        arguments.append(str(Path("control.vlt").absolute()))
    runner.build(
        sources=job["sources"],
        hdl_toplevel=job["top"],
        build_args=arguments,
        defines=job["defines"],
        build_dir="build",
        timescale=timescale,
    )
    runner.test(
        test_module=job["bench"],
        hdl_toplevel=job["top"],
        hdl_toplevel_lang="verilog",
        build_dir="build",
        test_dir=".",
        plusargs=job["plusargs"],
        results_xml=str(Path("results.xml").absolute()),
        timescale=timescale,
    )


if __name__ == "__main__":
    main()
