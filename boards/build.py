"""From a board to its bitstream: Amaranth's plan, by Yosys, nextpnr and a packer."""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from zeroleap.boards.board import Board
from zeroleap.boards.dfu import with_suffix
from zeroleap.boards.top import Top
from zeroleap.gen.build import verilog_digest
from zeroleap.gen.synth import Synthesis, ToolError, find_programs, read_reports, refusal

__all__ = ["MARGIN", "Bitstream", "build", "digest"]

MARGIN = 0.05
"""Share of the clock by which it should be exceeded, for other chips and other temperatures."""

AIM = 1.1
"""Times the clock is what placement and routing aim at."""

TOP = "top"

PLACED = {"ecp5": "top.config", "ice40": "top.asc", "gowin": "top.pnr.json"}
"""What nextpnr leaves for the packer, by family."""

_AFTER_READ = "delete t:$meminit_v2"
"""Yosys: memories have no initial content, as none relies on it, and some block RAMs have none."""

_AFTER_SYNTHESIS = "tee -q -o stat.json stat -json"


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
    clock_mhz = float(board.clock_hz / 10**6)
    family = board.chip.family
    programs = find_programs(["yosys", family.place, family.pack], "build", "boards")
    with tempfile.TemporaryDirectory(prefix="zeroleap-") as name:
        folder = Path(name)
        step("writing the design")
        synthesise, place, pack = write_plan(board, folder)
        try:
            step(f"synthesising with {programs['yosys'].path.name}")
            programs["yosys"].run(synthesise, folder)
            tried: dict[int, Synthesis] = {}
            for seed in seeds:
                step(f"placing and routing with {programs[family.place].path.name}, seed {seed}")
                programs[family.place].run([*place, "--seed", str(seed)], folder)
                tried[seed] = read_reports(folder, board.chip, clock_mhz)
                placed = folder / f"placed-{seed}"
                (folder / PLACED[family.name]).rename(placed)
                if tried[seed].fmax_mhz >= clock_mhz * (1 + MARGIN):
                    break
            best = max(tried, key=lambda seed: tried[seed].fmax_mhz)
            (folder / f"placed-{best}").rename(folder / PLACED[family.name])
            step(f"packing with {programs[family.pack].path.name}")
            programs[family.pack].run(pack, folder)
        except ToolError as error:
            raise refusal(board.chip, error) from None
        content = (folder / f"{TOP}{board.suffix}").read_bytes()
    if board.loader.dfu:
        content = with_suffix(content, board.loader.dfu)
    return Bitstream(board, tried[best], best, time.monotonic() - began, content)


def write_plan(board: Board, folder: Path) -> tuple[list[str], list[str], list[str]]:
    """Write what the programs read, and return the options of each of the three.

    The plan is Amaranth's for the platform; its commands' options are corrected here where the
    programs of today want others, and told to report.
    """
    platform = board.new_platform()
    _, *options = board.chip.synthesise.split()
    plan = platform.prepare(
        Top(board, float(board.clock_hz) * AIM),
        TOP,
        emit_src=False,
        synth_opts=options,
        script_after_read=_AFTER_READ,
        script_after_synth=_AFTER_SYNTHESIS,
    )
    for name, content in plan.files.items():
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    commands = json.loads(plan.files[f"build_{TOP}.json"])["commands"]
    (_, *synthesise), (_, *place), (_, *pack) = commands[:3]
    place = [option for option in place if option != "--quiet"]  # it says what does not fit
    for old in ("--family", "--cst"):  # nextpnr-gowin's, which became one of nextpnr-himbaechel's
        if old in place:
            at = place.index(old)
            place[at : at + 2] = ["--vopt", f"{old[2:]}={place[at + 1]}"]
    aim_mhz = float(board.clock_hz / 10**6) * AIM
    place += ["--report", "report.json", "--timing-allow-fail", "--freq", f"{aim_mhz:.2f}"]
    return synthesise, place, pack
