"""``zeroleap verify``: every layer's values and counters, Verilog against reference."""

import argparse
from dataclasses import asdict, replace

from zeroleap.gen.cli.compare import Difference, differences
from zeroleap.gen.cli.files import to_json
from zeroleap.gen.cli.inputs import read_inputs
from zeroleap.gen.cli.measure import measure
from zeroleap.gen.cli.network import Network, open_network
from zeroleap.gen.cli.options import Parsers, add_configuration, add_json
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.cli.simulators import SIMULATORS, runner
from zeroleap.gen.errors import InputError
from zeroleap.gen.report import table
from zeroleap.gen.synth import find_device
from zeroleap.gen.synth.netlist import Netlist
from zeroleap.gen.synth.unpacked import Unpacked
from zeroleap.sim.runner import Run

__all__ = ["add"]

NETLISTS = {
    "ecp5": Netlist(find_device("ecp5", None)),
    "ice40": Netlist(find_device("ice40", None)),
    "ice40-bitstream": Unpacked(find_device("ice40", "iCE40HX8K")),
}
"""What an FPGA makes of an engine, where that can be simulated."""


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "verify",
        help="the Verilog against the reference, to the bit and to the cycle",
        description="Simulates the Verilog; exit status 1 if a value or a counter differs.",
        allow_abbrev=False,
    )
    parser.add_argument("target", metavar="DIR|MODEL", help="compiled network or model")
    parser.add_argument("--input", metavar="X.npy[,X2.npy]", required=True, help="or an .npz")
    parser.add_argument("--on", choices=SIMULATORS, default=SIMULATORS[0])
    parser.add_argument(
        "--netlist",
        choices=NETLISTS,
        help="the cells that synthesis for a family makes, or those that a bitstream is read back"
        " as, on icarus; minutes, for a small engine",
    )
    add_configuration(parser)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run both, compare, and print what differs."""
    netlist = NETLISTS.get(arguments.netlist)
    if netlist and arguments.on != "icarus":
        raise InputError("verify: argument --netlist: accepted with --on icarus")
    with Progress(3 + (netlist.STEPS if netlist else 0)) as progress:
        progress.step("compiling the model")
        network = open_network(arguments)
        inputs = read_inputs(arguments.input, network.graph)
        netlist = netlist and replace(netlist, step=progress.step)
        rtl = runner(network, arguments.on, netlist=netlist)
        progress.step("running the reference")
        [expected] = runner(network, "reference").run([inputs], every_layer=True)
        progress.step(f"simulating the Verilog on {arguments.on}")
        [got] = rtl.run([inputs], every_layer=True)
    found = differences(network, expected, got)
    if arguments.json:
        report = measure(network, inputs, got.counters, arguments.input).to_json()
        listed = [asdict(difference) for difference in found]
        print(to_json({**report, "on": arguments.on, "exact": not found, "differences": listed}))
    else:
        print(layers_text(network, expected, got, found))
        verdict = "differs from" if found else "equals"
        place = f"{arguments.on}, {netlist.title}," if netlist else arguments.on
        print(f"{network.file.name}: {place} {verdict} the reference", end="")
        print("" if found else ": every value and every counter of every layer")
        for difference in found:
            print(f"  {difference}")
    return 1 if found else 0


def layers_text(network: Network, expected: Run, got: Run, found: list[Difference]) -> str:
    """Lay out a row a layer: its values, and the cycles expected and got."""
    rows = []
    for at, layer in enumerate(network.image.layers):
        wrong = [difference for difference in found if difference.layer == layer.name]
        values = any(difference.what == "values" for difference in wrong)
        rows.append(
            (
                layer.name,
                layer.op,
                int(expected.layers[layer.output].size),
                "differ" if values else "equal",
                expected.counters[at].cycles,
                got.counters[at].cycles,
                "differ" if len(wrong) > values else "equal",
            )
        )
    columns = ("layer", "op", "size", "values", "cycles predicted", "cycles counted", "counters")
    return table(columns, rows, total=False)
