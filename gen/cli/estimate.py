"""``zeroleap estimate``: what a network will take, a row a layer, without simulating any RTL."""

import argparse

from zeroleap.gen.cli.files import to_json
from zeroleap.gen.cli.inputs import random_inputs, read_inputs
from zeroleap.gen.cli.measure import measure
from zeroleap.gen.cli.network import Network, open_network
from zeroleap.gen.cli.options import Parsers, add_configuration, add_json
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.report import Report
from zeroleap.sim.machine import ReferenceRunner

__all__ = ["SEED", "add", "estimated"]

SEED = 0


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "estimate",
        help="cycles, utilisation and memory, a row a layer",
        description="Predicts cycles exactly for an input; without one, for random values.",
        allow_abbrev=False,
    )
    parser.add_argument("target", metavar="DIR|MODEL", help="compiled network or model")
    parser.add_argument("--input", metavar="X.npy[,X2.npy]", help="or an .npz; random unless given")
    parser.add_argument("--seed", type=int, default=SEED, help="of random values")
    add_configuration(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Estimate, and print the report."""
    with Progress(2) as progress:
        progress.step("compiling the model")
        network = open_network(arguments)
        progress.step("predicting its cycles")
        report = estimated(network, arguments.input, arguments.seed)
    print(to_json(report.to_json()) if arguments.json else report.to_text(), end="")
    return 0


def estimated(network: Network, files: str | None, seed: int) -> Report:
    """Report a network on an input's files, or on random values of ``seed``."""
    if files is None:
        described = f"random values (seed {seed}), with fewer zeros than real ones"
        inputs = random_inputs(network.graph, seed)
    else:
        described = files
        inputs = read_inputs(files, network.graph)
    [run] = ReferenceRunner(network.graph, network.image).run([inputs])
    return measure(network, inputs, run.counters, described)
