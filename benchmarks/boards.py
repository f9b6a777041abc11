"""What the boards' engines take of their FPGAs: builds the bitstreams, and writes the table.

    .venv/bin/python benchmarks/boards.py FOLDER [BOARD ...]

Without boards nothing is built: the table of ``boards/README.md`` is written anew. ``FOLDER`` has
``tflite/NAME.tflite`` and ``golden/NAME.npz``, as for ``models.py``; the cycles are those of a
model's first case, and exact. Results go into ``boards/measured.json``, from which ``zeroleap
boards`` has them too; each with the digest of what was built, so that the table says which are of
a design that has been changed since.
"""

import contextlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
from results import age, keep, put_table, share

from zeroleap.boards.board import Board, find_board, names
from zeroleap.boards.build import build, digest
from zeroleap.boards.measured import FILE, measured
from zeroleap.gen.cli.build import SEEDS
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import NARROWING, WHOLE, legalise, simplify
from zeroleap.gen.report import percent
from zeroleap.sim.cycles import predict
from zeroleap.sim.reference.network import run

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "boards" / FILE
PAGE = ROOT / "boards" / "README.md"
COLUMNS = ("board", "chip", "LUT", "FF", "DSP", "RAM", "Fmax", "clock", "margin", "seed", "minutes")
COLUMNS += ("design",)
KINDS = ("lut", "ff", "dsp", "bram", "spram")
DIGITS = ("digits_int8", ROOT / "tests/models/digits_int8.onnx")


def main() -> None:
    """Build what is named, and write the table."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder, *chosen = sys.argv[1:]
    unknown = [name for name in chosen if name not in names()]
    if unknown:
        sys.exit(f"boards.py: {unknown[0]!r}: accepted are {', '.join(names())}")
    for name in chosen:
        keep(RESULTS, name, measure(find_board(name), Path(folder)))
    put_table(PAGE, "boards.py", table())


def measure(board: Board, folder: Path) -> dict[str, Any]:
    """Build a board's bitstream, and predict what runs on it."""
    seeds = range(board.seed, board.seed + SEEDS)
    done = build(board, seeds, lambda text: print(f"{board.name}: {text}", flush=True))
    of = {"config": board.config.digest, "clock_mhz": board.clock_mhz, "digest": digest(board)}
    return {**done.to_json(), **of, "cycles": cycles(board, folder)}


def cycles(board: Board, folder: Path) -> dict[str, int]:
    """Predict an inference of every model that fits a board's engine."""
    found = {}
    for name, path, values in models(folder):
        graph = legalise(simplify(load(path), WHOLE), NARROWING)
        with contextlib.suppress(InputError):
            image = compile_graph(graph, board.config)
            tensors = run(graph, dict(zip(graph.inputs, values, strict=True)))
            found[name] = sum(counters.cycles for counters in predict(image, tensors))
    return found


def models(folder: Path) -> list[tuple[str, Path, list[np.ndarray]]]:
    """List the models: name, file, and the inputs of a case."""
    with np.load(ROOT / "tests/models/digits_heldout.npz") as arrays:
        listed = [(*DIGITS, [arrays["images"][:1]])]
    for path in sorted((folder / "tflite").glob("*.tflite")):
        with np.load(folder / "golden" / f"{path.stem}.npz") as arrays:
            case = min(key.rsplit("_", 1)[0] for key in arrays)
            inputs = [arrays[key] for key in sorted(arrays) if key.startswith(f"{case}_in")]
        listed.append((path.stem, path, inputs))
    return listed


def table() -> str:
    """Lay out a row a board, and then a row for each network that fits any."""
    known = {name: measured(find_board(name)) for name in names()}
    rows = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for name, result in known.items():
        if result is None:
            rows.append(f"| `{name}` | {find_board(name).device} " + "| " * 9 + "| not built |")
            continue
        cells = [shares(result, [kind]) for kind in KINDS[:3]] + [shares(result, KINDS[3:])]
        is_new = result["digest"] == digest(find_board(name))
        rows.append(
            f"| `{name}` | {result['device']} | {' | '.join(cells)}"
            f" | {result['fmax_mhz']:.1f} MHz | {result['frequency_mhz']:g} MHz"
            f" | {percent(result['margin'])} | {result['seed']} | {result['seconds'] / 60:.1f}"
            f" | {age(is_new)} |"
        )
    built = {name: result for name, result in known.items() if result is not None}
    networks = sorted({network for result in built.values() for network in result["cycles"]})
    rows += ["", f"| inferences a second | {' | '.join(f'`{name}`' for name in built)} |"]
    rows.append("|---" * (1 + len(built)) + "|")
    for network in networks:
        rates = [rate(result, network) for result in built.values()]
        rows.append(f"| `{network}` | {' | '.join(rates)} |")
    return "\n".join(rows) + "\n"


def shares(result: dict[str, Any], kinds: tuple[str, ...] | list[str]) -> str:
    """Write cells as used and as a share of the chip's, for the kinds that it has."""
    return " + ".join(share(result, kind) for kind in kinds if result["available"][kind])


def rate(result: dict[str, Any], network: str) -> str:
    """Write inferences a second and the time of one; nothing where it does not fit."""
    if network not in result["cycles"]:
        return ""
    seconds = result["cycles"][network] / (result["frequency_mhz"] * 1e6)
    return f"{1 / seconds:,.0f} ({1000 * seconds:.2f} ms)"


if __name__ == "__main__":
    main()
