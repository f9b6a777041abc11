"""Child process that builds or runs one simulation; its parent is :mod:`zeroleap.sim.simulator`.

cocotb's runner leaves by ``SystemExit``, takes its settings from the environment and prints; here
that harms nobody.
"""

import json
import sys
from pathlib import Path

from cocotb_tools.runner import get_runner

TOP = "harness"
TIMESCALE = ("1ns", "1ps")

BUILD_ARGUMENTS = {
    # Amaranth's Verilog has width mismatches by design; X is not random, as Icarus shows real ones.
    "verilator": ["-Wno-fatal", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert"],
    "icarus": [],
}


def main() -> None:
    """Do what the JSON file named by the first argument says."""
    job = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(job["build"])
    runner = get_runner(job["simulator"])
    if job["sources"]:
        runner.build(
            sources=job["sources"],
            hdl_toplevel=TOP,
            defines=job["defines"],
            build_args=BUILD_ARGUMENTS[job["simulator"]],
            build_dir=folder,
            timescale=TIMESCALE,
            waves=job["waves"],
        )
    else:
        runner.test(
            test_module="zeroleap.sim.benches.engine",
            hdl_toplevel=TOP,
            hdl_toplevel_lang="verilog",
            build_dir=folder,
            test_dir=job["folder"],
            plusargs=job["plusargs"],
            results_xml=str(Path(job["folder"]) / "results.xml"),
            timescale=TIMESCALE,
            waves=job["waves"],
        )


if __name__ == "__main__":
    main()
