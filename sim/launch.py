"""Child process that builds or runs one simulation; its parent is :mod:`zeroleap.sim.builds`.

cocotb's runner leaves by ``SystemExit``, takes its settings from the environment and prints; here
that harms nobody.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cocotb_tools.runner import get_runner

__all__ = ["control_file", "unwatched"]

TOP = "harness"

TIMESCALE = ("1ns", "1ps")

BUILD_ARGUMENTS = {
    # Amaranth's Verilog has width mismatches by design; X is not random, as Icarus shows real ones.
    # cocotb asks for access to every signal, which makes builds and runs several times as long.
    "verilator": [
        *("-Wno-fatal", "-O3", "--noassert", "--no-public-flat-rw"),
        *("--x-assign", "fast", "--x-initial", "fast"),
    ],
    "icarus": [],
}

_UNWATCHED_MODULE = re.compile(
    r"module \\engine\.group_(?!0\.lanes\.(set_0\.)?lane_0\b)\d+\.lanes\.(set_\d+\.)?lane_\d"
)
_UNNAMED = re.compile(r" +(wire|reg) (signed )?(\[[^]]*\] )?\\\$")


def main() -> None:
    """Do what the JSON file named by the first argument says."""
    job = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(job["build"])
    runner = get_runner(job["simulator"])
    if job["sources"]:
        arguments = list(BUILD_ARGUMENTS[job["simulator"]])
        if job["simulator"] == "verilator":
            control = folder / "control.vlt"
            control.write_text(control_file(job["ports"], job["sources"] if job["waves"] else []))
            arguments.append(str(control))
        runner.build(
            sources=job["sources"],
            hdl_toplevel=TOP,
            defines=job["defines"],
            build_args=arguments,
            build_dir=folder,
            timescale=TIMESCALE,
            waves=job["waves"],
        )
    else:
        runner.test(
            test_module=job["bench"],
            hdl_toplevel=TOP,
            hdl_toplevel_lang="verilog",
            build_dir=folder,
            test_dir=job["folder"],
            plusargs=job["plusargs"],
            results_xml=str(Path(job["folder"]) / "results.xml"),
            timescale=TIMESCALE,
            waves=job["waves"],
        )


def control_file(ports: Iterable[str], sources: Iterable[str]) -> str:
    """Tell Verilator what the bench uses of the top, and what of ``sources`` no waveform needs."""
    lines = ["`verilator_config"]
    lines += [f'public_flat_rw -module "{TOP}" -var "{port}"' for port in ports]
    for source in sources:
        lines += [
            f'tracing_off -file "{source}" -lines {first}-{last}'
            for first, last in unwatched(Path(source).read_text())
        ]
    return "\n".join(lines) + "\n"


def unwatched(verilog: str) -> Iterator[tuple[int, int]]:
    """Find lines whose signals few will look at: every lane but the first, and unnamed steps.

    A waveform with them is ten times as large. What lanes do in step is seen in the first; a step
    of an expression has the name ``$`` and a number.

    Returns
    -------
    ranges of lines, first and last, counted from 1
    """
    first, in_module = 0, False
    for number, line in enumerate([*verilog.splitlines(), ""], 1):
        if line.startswith("module "):
            in_module = _UNWATCHED_MODULE.match(line) is not None
        elif line.startswith("endmodule"):
            in_module = False
        if in_module or _UNNAMED.match(line):
            first = first or number
        elif first:
            yield first, number - 1
            first = 0


if __name__ == "__main__":
    main()
