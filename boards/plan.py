"""What Yosys, nextpnr and a packer do for a board: Amaranth's plan, as they take it today."""

import json
from dataclasses import dataclass
from pathlib import Path

from zeroleap.boards.board import Board
from zeroleap.boards.top import Top
from zeroleap.gen.synth import HIDE_ELEMENTS

__all__ = ["Plan", "write_plan"]

TOP = "top"

CLOCK = "clk"
"""The net of the engine's clock, as it is called at the top: nextpnr knows it by no other name."""

PLACED = {"ecp5": "top.config", "ice40": "top.asc", "gowin": "top.pnr.json"}
"""What nextpnr leaves for the packer, by family."""

GIVE_UP = ("--placer-heap-cell-placement-timeout", "5000")
"""Of nextpnr on Gowin: that a cell finds no place is told in a minute, not in fifteen."""

AFTER_READ = f"{HIDE_ELEMENTS}; delete t:$meminit_v2; memory_nordff"
"""Yosys: hides names that it would take for others' (`HIDE_ELEMENTS` says which).

Memories have no initial content, as none relies on it, and some block RAMs have none.

Their reads are taken apart into memory and register: Yosys joins them again, and only then heeds
``no_rw_check``, without which each block RAM gets logic for reading what is just being written: 690
of 6100 logic cells in an engine of 4 lanes on an iCE40.
"""

AFTER_SYNTHESIS = "tee -q -o stat.json stat -json"


@dataclass(frozen=True)
class Plan:
    """Options of each program, and the files that they leave.

    Parameters
    ----------
    synthesise, place, pack : list of str
        Of Yosys, nextpnr (all but the seed) and the packer, by file names alone.
    placed, packed : str
        What nextpnr leaves for the packer, and that for the board.
    """

    synthesise: list[str]
    place: list[str]
    pack: list[str]
    placed: str
    packed: str


def write_plan(board: Board, folder: Path) -> Plan:
    """Write what the programs read to ``folder``, and plan their work.

    Parameters
    ----------
    board : Board
    folder : Path
    """
    platform = board.new_platform()
    aim_mhz = f"{float(board.clock_hz / 10**6) * board.chip.aim:.2f}"
    _, *options = board.chip.synthesise.split()
    plan = platform.prepare(
        Top(board),
        TOP,
        emit_src=False,
        synth_opts=options,
        script_after_read=AFTER_READ,
        script_after_synth=AFTER_SYNTHESIS,
        add_preferences=f'FREQUENCY NET "{CLOCK}" {aim_mhz} MHZ;',
        add_constraints=f"set_frequency {CLOCK} {aim_mhz}",
    )
    for name, content in plan.files.items():
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    commands = json.loads(plan.files[f"build_{TOP}.json"])["commands"]
    (_, *synthesise), (_, *place), (_, *pack) = commands[:3]
    synthesise.remove("-q")  # of an assertion that fails it says nothing then
    place = [option for option in place if option != "--quiet"]  # it says what does not fit
    for old in ("--family", "--cst"):  # nextpnr-gowin's, which became one of nextpnr-himbaechel's
        if old in place:
            at = place.index(old)
            place[at : at + 2] = ["--vopt", f"{old[2:]}={place[at + 1]}"]
    place += ["--report", "report.json", "--timing-allow-fail"]
    place += ["--freq", aim_mhz, *board.chip.strategy]
    if board.family == "gowin":
        place += GIVE_UP
    return Plan(synthesise, place, pack, PLACED[board.family], f"{TOP}{board.suffix}")
