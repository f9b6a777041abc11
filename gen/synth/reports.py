"""Reads what Yosys and nextpnr say of a design."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zeroleap.gen.build import TOP
from zeroleap.gen.synth.devices import Family

__all__ = ["CriticalPath", "critical_path", "excess", "fmax_mhz", "used_cells"]

KINDS = {
    "lut": "LUTs",
    "ff": "flip-flops",
    "dsp": "multipliers",
    "bram": "block RAMs",
    "spram": "large RAMs",
}

_UTILISATION = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%$", re.MULTILINE)
_BLOCK = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)*")
_CELL_TYPE = re.compile(r"_[A-Z]{2}.*$")


@dataclass(frozen=True)
class CriticalPath:
    """The slowest path from a register to a register.

    Parameters
    ----------
    blocks : tuple of str
        Blocks and signals of the engine that it runs through, in order, as far as they kept a name.
    logic_ns, routing_ns : float
    """

    blocks: tuple[str, ...]
    logic_ns: float
    routing_ns: float


def used_cells(
    family: Family, report: Mapping[str, Any], stat: Mapping[str, Any]
) -> tuple[dict[str, int], dict[str, int]]:
    """Count the cells of each of `KINDS`: those used, and those that the device has.

    Parameters
    ----------
    family : Family
    report : mapping
        What nextpnr wrote with ``--report``.
    stat : mapping
        What Yosys wrote with ``stat -json``.
    """
    cells: Mapping[str, Mapping[str, int]] = report["utilization"]
    used, available = {}, {}
    for kind in KINDS:
        counted = [cells[name] for name in getattr(family, kind) if name in cells]
        used[kind] = sum(cell["used"] for cell in counted)
        available[kind] = max((cell["available"] for cell in counted), default=0)
    if family.yosys_ff:  # each has its place in a logic cell
        types: Mapping[str, int] = stat["design"]["num_cells_by_type"]
        used["ff"] = sum(count for name, count in types.items() if name.startswith(family.yosys_ff))
        available["ff"] = available["lut"]
    return used, available


def fmax_mhz(report: Mapping[str, Any]) -> float:
    """Give the clock that nextpnr achieved, in MHz.

    Raises
    ------
    ValueError
        If it timed no clock.
    """
    clocks: Iterable[Mapping[str, float]] = report["fmax"].values()
    achieved = min((clock["achieved"] for clock in clocks), default=None)
    if achieved is None:
        raise ValueError("nextpnr's report must have the clock of the engine")
    return achieved


def critical_path(report: Mapping[str, Any]) -> CriticalPath | None:
    """Give the slowest path between registers; None if nextpnr tells of none."""
    for path in report.get("critical_paths", ()):
        if "<async>" not in (path["from"], path["to"]):
            steps = path["path"]
            cells = [step[end]["cell"] for step in steps for end in ("from", "to")]
            routing = sum(step["delay"] for step in steps if step["type"] == "routing")
            return CriticalPath(blocks_of(cells), sum(s["delay"] for s in steps) - routing, routing)
    return None


def blocks_of(cells: Iterable[str]) -> tuple[str, ...]:
    """Name the blocks that cells are in, each once for a run of cells.

    Yosys names a cell after a block and a net near it, and then after its type.
    """
    blocks: list[str] = []
    for cell in cells:
        found = _BLOCK.match(cell)
        if found is None:
            continue
        block = _CELL_TYPE.sub("", found[0]).removeprefix(f"{TOP}.")
        if blocks[-1:] != [block]:
            blocks.append(block)
    return tuple(blocks)


def excess(family: Family, log: str) -> list[str]:
    """Say of what a design takes more than the device has, from what nextpnr printed.

    Nextpnr counts the cells before it places them, and gives up on those it has no place for.
    """
    found = []
    for name, used, available in _UTILISATION.findall(log):
        if int(used) > int(available):
            kinds = (title for kind, title in KINDS.items() if name in getattr(family, kind))
            found.append(f"{used} of {available} {next(kinds, 'cells')} ({name})")
    return found
