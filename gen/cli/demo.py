"""``zeroleap demo``: a real network on two simulated engines, dense and zero-skipping, checked."""

import argparse
from pathlib import Path

from zeroleap.gen import configs
from zeroleap.gen.cli.demo_text import Accuracy, demo_json, demo_text
from zeroleap.gen.cli.digits import find_digits
from zeroleap.gen.cli.files import check_folder, replaced_file, to_json
from zeroleap.gen.cli.network import compile_model, save
from zeroleap.gen.cli.options import Parsers, add_json
from zeroleap.gen.cli.picture import draw_cycles
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.cli.simulators import SIMULATORS, runner
from zeroleap.gen.cli.trial import attempt, images_of, reference_classes
from zeroleap.gen.errors import InputError
from zeroleap.hw.config import Sparsity

__all__ = ["add"]

CONFIG = "small"
IMAGES = 20
ENGINES: dict[str, Sparsity] = {"dense": "none", "skipping": "activation"}
"""Folder of each engine's files, and what it skips."""

STEPS = 2 * len(ENGINES) + 3


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "demo",
        help="compile, simulate and check a real network",
        description="Reads handwritten digits on simulated Verilog; checks every bit and cycle.",
        allow_abbrev=False,
    )
    default = Path("build", "demo")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, default=default)
    parser.add_argument("--images", metavar="N", type=int, default=IMAGES)
    parser.add_argument("--models", metavar="DIR", type=Path, help="folder of the demo's model")
    parser.add_argument("--on", choices=SIMULATORS, default=SIMULATORS[0])
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Try both engines, write their files, and print what was found."""
    digits = find_digits(arguments.models)
    count, total, folder = arguments.images, len(digits.images), arguments.output
    if not 1 <= count <= total:
        raise InputError(f"--images must be in 1..{total}, not {count}")
    check_folder(folder)
    trials = {}
    with Progress(STEPS) as progress:
        for name, sparsity in ENGINES.items():
            progress.step(f"compiling for the {name} engine")
            network = compile_model(digits.model, configs.load(CONFIG, sparsity=sparsity))
            batch = images_of(network, digits.images)
            progress.step(f"simulating {count} images on the {name} engine")
            trials[name] = attempt(network, batch[:count], arguments.on)
            save(network, folder / name, trials[name].report)
        dense, skipping = trials["dense"], trials["skipping"]
        progress.step("recording the waveform of one image")
        files = {
            "Verilog": folder / "skipping" / "engine.v",
            "waveform": folder / "skipping.vcd",
            "report": folder / "skipping" / "report.txt",
            "picture": folder / "cycles.png",
        }
        with replaced_file(files["waveform"]) as part:
            runner(skipping.network, arguments.on, part).run(batch[:1])
        progress.step(f"reading all {total} images on the reference")
        answers = reference_classes(skipping.network, batch)
        progress.step("drawing the picture")
        with replaced_file(files["picture"]) as part:
            draw_cycles(part, dense.report, skipping.report)
    right = digits.right
    accuracies = (
        Accuracy(
            "float",
            right(digits.float_classes[:count]),
            count,
            right(digits.float_classes),
            total,
        ),
        Accuracy("int8 reference", right(answers[:count]), count, right(answers), total),
        Accuracy("Verilog", right(skipping.classes), count, None, total),
    )
    told = (accuracies, dense, skipping, files)
    print(to_json(demo_json(*told)) + "\n" if arguments.json else demo_text(*told), end="")
    return 1 if dense.found or skipping.found else 0
