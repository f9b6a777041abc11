"""``zeroleap run``: one inference, on the reference, on the simulated Verilog or on a board."""

import argparse
import contextlib
from pathlib import Path

from zeroleap.gen.cli.files import replaced_file, to_json, write_arrays
from zeroleap.gen.cli.inputs import read_inputs
from zeroleap.gen.cli.measure import measure
from zeroleap.gen.cli.network import Network, open_for_reference, open_network
from zeroleap.gen.cli.options import Parsers, add_configuration, add_json
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.cli.simulators import PLACES, opened, refuse_port, refuse_waveform
from zeroleap.gen.cli.uncompiled import ReferenceReport, run_uncompiled
from zeroleap.gen.report import Report
from zeroleap.sim.runner import Tensors

__all__ = ["add"]

SHOWN = 16
"""Values of an output that are printed."""


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "run",
        help="one inference",
        description="Runs one inference; the outputs have the model's own names and types.",
        allow_abbrev=False,
    )
    parser.add_argument("target", metavar="DIR|MODEL", help="compiled network or model")
    parser.add_argument("--input", metavar="X.npy[,X2.npy]", required=True, help="or an .npz")
    parser.add_argument("--output", metavar="Y.npz", type=Path, help="where to write the outputs")
    parser.add_argument("--on", choices=PLACES, default=PLACES[0], help=f"{PLACES[0]} unless given")
    parser.add_argument(
        "--port",
        metavar="NAME",
        help="the board's, or sim: for one in simulation; else the only one",
    )
    parser.add_argument("--baud", metavar="N", type=int, help="the board's; else found out")
    parser.add_argument("--vcd", metavar="FILE", type=Path, help="waveform of the simulation")
    add_configuration(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run, write the outputs, and print the report."""
    refuse_port(arguments.on, arguments.port, arguments.baud)
    with Progress(2) as progress, contextlib.ExitStack() as stack:
        progress.step("compiling the model")
        is_reference = arguments.on == PLACES[0]
        network = (open_for_reference if is_reference else open_network)(arguments)
        inputs = read_inputs(arguments.input, network.whole)
        wave, values = (
            file and stack.enter_context(replaced_file(file))
            for file in (arguments.vcd, arguments.output)
        )
        if isinstance(network, Network):
            port, baud = arguments.port, arguments.baud
            place = stack.enter_context(
                opened(network, arguments.on, wave, port, baud, progress.part)
            )
            progress.step(f"running on {arguments.on}")
            [done] = place.run([inputs])
            report: Report | ReferenceReport = measure(
                network, inputs, done.counters, arguments.input
            )
            outputs = done.outputs
        else:
            refuse_waveform(wave)
            progress.step(f"running on {arguments.on}")
            outputs, report = run_uncompiled(network, inputs, arguments.input)
        if values is not None:
            write_arrays(values, outputs)
    if arguments.json:
        print(to_json({**report.to_json(), "on": arguments.on}))
    else:
        print(report.to_text(), outputs_text(outputs), sep="\n", end="")
    return 0


def outputs_text(outputs: Tensors) -> str:
    """Write the outputs, the long ones cut."""
    lines = []
    for name, array in outputs.items():
        values = " ".join(str(value) for value in array.reshape(-1)[:SHOWN])
        more = " ..." if array.size > SHOWN else ""
        lines.append(f"{name}: {array.dtype} {array.shape}: {values}{more}\n")
    return "".join(lines)
