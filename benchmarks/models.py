"""What zeroleap makes of real models: agreement with golden outputs, cycles, the chip they fit.

    .venv/bin/python benchmarks/models.py FOLDER    # prints the table of benchmarks/models.md

``FOLDER`` has ``tflite/NAME.tflite`` and ``golden/NAME.npz``, with inputs ``CASE_in0`` and outputs
``CASE_out0`` of each case. Cycles are predicted for the first case; `zeroleap verify` and the tests
hold the prediction equal to the Verilog.
"""

import contextlib
import sys
from pathlib import Path

import numpy as np

from zeroleap.gen import configs
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Graph
from zeroleap.gen.passes import NARROWING, WHOLE, legalise, simplify
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.cycles import predict
from zeroleap.sim.reference.macs import effectual_macs, macs
from zeroleap.sim.reference.network import run

CHIPS = {"small": "LFE5U-25F", "medium": "LFE5U-85F", "large": "LFE5U-85F"}
"""The chip that each named configuration is for."""

ROOMY = EngineConfig(
    name="16 lanes, both, 2 groups",
    lanes=16,
    groups=2,
    sparsity="both",
    activation_bytes=2**20,
    weight_bytes=2**16,
    headers=2**15,
    parameters=2**14,
    tables=32,
    program_words=2**16,
    layers=256,
)
"""For models that fit no named configuration: as much memory as they need."""


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1])
    print("| model | MACs | effectual | golden outputs | engine | chip | cycles |")
    print("|---|---|---|---|---|---|---|")
    for path in sorted((folder / "tflite").glob("*.tflite")):
        with np.load(folder / "golden" / f"{path.stem}.npz") as arrays:
            print(row(path, dict(arrays)), flush=True)


def row(path: Path, arrays: dict[str, np.ndarray]) -> str:
    """Run all cases of a model, and lay out what came of them."""
    whole = simplify(load(path), WHOLE)
    graph = legalise(whole, NARROWING)
    cases = sorted({key.rsplit("_", 1)[0] for key in arrays})
    inputs = [
        {name: arrays[f"{case}_in{at}"] for at, name in enumerate(graph.inputs)} for case in cases
    ]
    values = [run(graph, given) for given in inputs]
    equal = sum(
        all(
            np.array_equal(found[name], arrays[f"{case}_out{at}"])
            for at, name in enumerate(graph.outputs)
        )
        for case, found in zip(cases, values, strict=True)
    )
    all_macs = sum(macs(whole, operator) for operator in whole)
    effectual = sum(
        effectual_macs(graph, operator, values[0][operator.input]) for operator in graph
    )
    engine, chip, cycles = fit(graph, values[0])
    return (
        f"| `{path.stem}` | {all_macs:,} | {effectual:,} | {equal} of {len(cases)} equal"
        f" | {engine} | {chip} | {cycles} |"
    )


def fit(graph: Graph, values: dict[str, np.ndarray]) -> tuple[str, str, str]:
    """Name the smallest engine that a network fits, its chip, and its cycles."""
    named = [configs.load(name) for name in CHIPS]
    for config in [*named, ROOMY]:
        with contextlib.suppress(InputError):
            image = compile_graph(graph, config)
            cycles = sum(counters.cycles for counters in predict(image, values))
            return (
                f"`{config.name}`" if config in named else config.name,
                CHIPS.get(config.name, "none"),
                f"{cycles:,}",
            )
    return "none", "none", "on the reference only"


if __name__ == "__main__":
    main()
