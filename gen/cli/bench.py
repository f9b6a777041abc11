"""``zeroleap bench``: how much of their time the lanes do work that counts, measured on the RTL."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from zeroleap.gen.cli.bench_picture import draw_shares
from zeroleap.gen.cli.bench_text import Result, bench_json, bench_markdown, bench_text
from zeroleap.gen.cli.bench_works import Work, digits_works, layer_works, model_works
from zeroleap.gen.cli.files import check_folder, replaced_file, to_json
from zeroleap.gen.cli.options import Parsers, add_json
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.cli.simulators import SIMULATORS
from zeroleap.gen.cli.trial import Trial, attempt
from zeroleap.gen.errors import InputError
from zeroleap.hw.config import RANGES, Sparsity

__all__ = ["add"]

LANES = (8, 32)
SPARSITIES: tuple[Sparsity, ...] = get_args(Sparsity)
PLACE = SIMULATORS[0]


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "bench",
        help="layers and networks, measured on the Verilog at each sparsity",
        description="Measures benchmark layers and whole networks on simulated Verilog at each"
        " sparsity, and checks every value and counter; exit status 1 if one differs.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        type=Path,
        action="append",
        default=[],
        help="a network to measure as well; may be given more than once",
    )
    parser.add_argument(
        "--input",
        metavar="X.npy[,X2.npy]",
        action="append",
        default=[],
        help="its input, or an .npz; one for each model, in their order",
    )
    parser.add_argument(
        "--lanes",
        metavar="N[,N]",
        type=lane_counts,
        default=LANES,
        help=f"of the engines for networks; {','.join(map(str, LANES))} unless given",
    )
    parser.add_argument("--only", metavar="TEXT", help="only what has TEXT in its name")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help="keeps table and picture")
    add_json(parser)
    parser.set_defaults(execute=execute)


def lane_counts(text: str) -> tuple[int, ...]:
    """Read numbers of lanes, a comma between them."""
    low, high = RANGES["lanes"]
    counts = [int(part) if part.isdecimal() else 0 for part in text.split(",")]
    if not all(low <= count <= high for count in counts):
        raise argparse.ArgumentTypeError(f"must be integers in {low}..{high}, not {text!r}")
    return tuple(dict.fromkeys(counts))


def execute(arguments: argparse.Namespace) -> int:
    """Measure, and print and keep the table."""
    folder: Path | None = arguments.output
    if folder is not None:
        check_folder(folder)
    works = selected(arguments)
    with Progress(1 + len(works) * len(SPARSITIES)) as progress:
        progress.step("compiling")
        networks = [{kind: work.compile(kind) for kind in SPARSITIES} for work in works]
        results = []
        for work, compiled in zip(works, networks, strict=True):
            trials: dict[str, Trial] = {}
            for kind, network in compiled.items():
                progress.step(f"{work.name}, {work.lanes} lanes, sparsity {kind}")
                trials[kind] = attempt(network, [work.inputs], PLACE)
            results.append(Result(work.name, work.lanes, trials))
    described = bench_json(results, PLACE)
    text = to_json(described) + "\n" if arguments.json else bench_text(results, PLACE)
    if folder is not None:
        keep(folder, results)
        text += "" if arguments.json else f"written to {folder}\n"
    print(text, end="")
    return 0 if described["exact"] else 1


def selected(arguments: argparse.Namespace) -> list[Work]:
    """List what the options ask for.

    Raises
    ------
    InputError
        A model is without an input, a model or its input is not accepted, or no work has the name.
    """
    if len(arguments.model) != len(arguments.input):
        raise InputError("bench: --model and --input are accepted together only, one for each")
    works = [*layer_works(), *digits_works(arguments.lanes)]
    for model, files in zip(arguments.model, arguments.input, strict=True):
        works += model_works(model, files, arguments.lanes)
    text = arguments.only or ""
    chosen = [work for work in works if text in work.name]
    if not chosen:
        names = ", ".join(dict.fromkeys(work.name for work in works))
        raise InputError(f"bench: argument --only: {text!r} is in no name; the names are {names}")
    return chosen


def keep(folder: Path, results: Sequence[Result]) -> None:
    """Write table, JSON and picture to a folder, which may hold other files too."""
    folder.mkdir(parents=True, exist_ok=True)
    with replaced_file(folder / "bench.md") as part:
        part.write_text(bench_markdown(results, PLACE))
    with replaced_file(folder / "bench.json") as part:
        part.write_text(to_json(bench_json(results, PLACE)) + "\n")
    with replaced_file(folder / "bench.png") as part:
        draw_shares(part, results)
