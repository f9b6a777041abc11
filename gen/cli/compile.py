"""``zeroleap compile``: from a model's file to a folder with the engine and what it runs."""

import argparse
from pathlib import Path

from zeroleap.gen.cli.estimate import SEED, estimated
from zeroleap.gen.cli.files import to_json
from zeroleap.gen.cli.network import BUSES, compile_model, save
from zeroleap.gen.cli.options import Parsers, add_configuration, add_json, configuration
from zeroleap.gen.cli.progress import Progress

__all__ = ["add"]


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "compile",
        help="from a model to Verilog, program and weights",
        description="Compiles MODEL: Verilog, program, packed weights and a report, in DIR.",
        allow_abbrev=False,
    )
    parser.add_argument("model", metavar="MODEL", type=Path, help="int8 .tflite or quantised .onnx")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True)
    parser.add_argument(
        "--bus", choices=BUSES, default=BUSES[0], help="axi adds AXI ports and what firmware needs"
    )
    add_configuration(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Compile, and print the report."""
    with Progress(3) as progress:
        progress.step("compiling the model")
        network = compile_model(arguments.model, configuration(arguments))
        progress.step("predicting its cycles")
        report = estimated(network, None, SEED)
        progress.step("writing the Verilog")
        save(network, arguments.output, report, arguments.bus)
    if arguments.json:
        print(to_json(report.to_json()))
    else:
        print(f"{report.to_text()}\nwritten to {arguments.output}")
    return 0
