"""From a board to its bitstream: Amaranth's plan, by Yosys, nextpnr and a packer."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from zeroleap.boards.board import Board
from zeroleap.boards.dfu import with_suffix
from zeroleap.boards.plan import Plan, write_plan
from zeroleap.gen.build import verilog_digest
from zeroleap.gen.synth import (
    Program,
    Synthesis,
    ToolError,
    excess,
    find_program,
    read_reports,
    refusal,
)

__all__ = ["MARGIN", "Bitstream", "build", "digest"]

MARGIN = 0.05
"""Share of the clock by which it should be exceeded, for other chips and other temperatures."""


@dataclass(frozen=True)
class Bitstream:
    """What a board's FPGA is loaded with.

    Parameters
    ----------
    board : Board
    synthesis : Synthesis
        What it takes, and the clock that it reaches; its ``frequency_mhz`` is the clock it gets.
    seed : int
        Of the placement.
    seconds : float
        That it took.
    content : bytes
    """

    board: Board
    synthesis: Synthesis
    seed: int
    seconds: float
    content: bytes

    @property
    def margin(self) -> float:
        """Share of the clock by which it is exceeded; below 0 it is not reached."""
        return self.synthesis.fmax_mhz / self.synthesis.frequency_mhz - 1

    def to_json(self) -> dict[str, Any]:
        """Give the report under the names of the command's ``--json``."""
        return {
            "board": self.board.name,
            **self.synthesis.to_json(),
            "margin": round(self.margin, 4),
            "seed": self.seed,
            "seconds": round(self.seconds),
        }


def digest(board: Board) -> str:
    """Return hexadecimal digits that change with anything that the bitstream is made from.

    The programs apart: another version of Yosys gives a bitstream that does the same.
    """
    here = Path(__file__).parent
    sources = sorted([*here.glob("*.py"), *here.glob("clocks/*.py")])
    parts = (verilog_digest(board.config, sources), board, version("amaranth-boards"))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def build(
    board: Board,
    seeds: Sequence[int],
    step: Callable[[str], None] = lambda _text: None,
) -> Bitstream:
    """Synthesise, place, route and pack the engine of a board.

    Parameters
    ----------
    board : Board
    seeds : sequence of int
        Of the placement, tried in turn until one exceeds the clock by `MARGIN`; else the best is
        taken, whether it reaches the clock or not.
    step : callable
        Told what is done now: for the plan, synthesis, each placement and packing.

    Raises
    ------
    InputError
        A tool is absent, or the engine does not fit the FPGA.
    """
    began = time.monotonic()
    family = board.chip.family
    names = ("yosys", family.place, family.pack)
    yosys, nextpnr, packer = (find_program(name, "boards") for name in names)
    with tempfile.TemporaryDirectory(prefix="zeroleap-") as name:
        folder = Path(name)
        step("writing the design")
        plan = write_plan(board, folder)
        try:
            step(f"synthesising with {yosys.path.name}")
            yosys.run(plan.synthesise, folder)
            seed, synthesis = place(board, nextpnr, plan, seeds, folder, step)
            step(f"packing with {packer.path.name}")
            packer.run(plan.pack, folder)
        except ToolError as error:
            raise refusal(board.chip, error) from None
        content = (folder / plan.packed).read_bytes()
    if board.loader.dfu:
        content = with_suffix(content, board.loader.dfu)
    return Bitstream(board, synthesis, seed, time.monotonic() - began, content)


def place(
    board: Board,
    program: Program,
    plan: Plan,
    seeds: Sequence[int],
    folder: Path,
    step: Callable[[str], None],
) -> tuple[int, Synthesis]:
    """Place and route with one seed after the other, and leave what the best one came to.

    A seed with which some cell finds no place is passed over, unless it is the only one.

    Raises
    ------
    ToolError
        There are too few cells, or nextpnr gave up with every seed.
    """
    clock_mhz = float(board.clock_hz / 10**6)
    tried: dict[int, Synthesis] = {}
    placed = folder / plan.placed
    for seed in seeds:
        step(f"placing and routing with {program.path.name}, seed {seed}")
        try:
            program.run([*plan.place, "--seed", str(seed)], folder)
        except ToolError as error:
            if excess(board.chip.family, error.log) or (seed == seeds[-1] and not tried):
                raise
            continue
        tried[seed] = read_reports(folder, board.chip, clock_mhz)
        placed.rename(folder / f"placed-{seed}")
        if tried[seed].fmax_mhz >= clock_mhz * (1 + MARGIN):
            break
    best = max(tried, key=lambda seed: tried[seed].fmax_mhz)
    (folder / f"placed-{best}").rename(placed)
    return best, tried[best]
