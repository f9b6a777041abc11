"""What the named configurations take of an FPGA: places and routes them, and writes the table.

    .venv/bin/python benchmarks/synthesis.py [CONFIGURATION ...]

Without names nothing is placed: the table is written anew. Each result goes into ``synthesis.json``
with the digest of the engine's Verilog, and the table says which results are of an engine that has
been changed since. ``medium`` takes a quarter of an hour and 3 GB, and half an hour where it misses
its aim; the small ones take some minutes.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from results import age, keep, put_table, share

from zeroleap.gen import configs
from zeroleap.gen.build import verilog_digest, write_verilog
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import find_device, synthesise

DEVICES = {
    "small": ("ecp5", "LFE5U-25F", 75),
    "medium": ("ecp5", "LFE5U-85F", 80.5),
    "large": ("ecp5", "LFE5U-85F", 62),
    "icebreaker": ("ice40", "iCE40UP5K", None),
}
"""Family and device that each configuration is for, and the MHz aimed at, if not the device's."""

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "synthesis.json"
PAGE = FOLDER / "synthesis.md"
KINDS = ("lut", "ff", "dsp", "bram", "spram")


def main() -> None:
    """Place what is named, and write the table."""
    names = sys.argv[1:]
    unknown = [name for name in names if name not in DEVICES]
    if unknown:
        sys.exit(f"synthesis.py: {unknown[0]!r}: accepted are {', '.join(DEVICES)}")
    for name in names:
        try:
            keep(RESULTS, name, measure(name))
        except InputError as error:
            sys.exit(f"synthesis.py: {name}: {error}")
    put_table(PAGE, "synthesis.py", table(json.loads(RESULTS.read_text())))


def measure(name: str) -> dict[str, Any]:
    """Synthesise, place and route a configuration for its device."""
    *place, goal = DEVICES[name]
    config, device = configs.load(name), find_device(*place)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="zeroleap-") as folder:
        verilog = Path(folder) / "engine.v"
        write_verilog(config, verilog)
        done = synthesise(verilog.read_text(), device, goal, step=lambda text: print(name, text))
    minutes = round((time.monotonic() - started) / 60, 1)
    return {**done.to_json(), "minutes": minutes, "verilog": verilog_digest(config)}


def table(results: dict[str, Any]) -> str:
    """Lay out a row a configuration; cells as used and as a share of the device's."""
    rows = ["| configuration | device | LUT | FF | DSP | block RAM | SPRAM | Fmax | engine |"]
    rows.append("|---" * 9 + "|")
    for name, (_, device, _) in DEVICES.items():
        if name not in results:
            rows.append(f"| `{name}` | {device} " + "| " * 6 + "| not placed |")
            continue
        result = results[name]
        cells = " | ".join(
            share(result, kind) if result["available"][kind] else "" for kind in KINDS
        )
        is_new = result["verilog"] == verilog_digest(configs.load(name))
        rows.append(
            f"| `{name}` | {device} | {cells} | {result['fmax_mhz']:.1f} MHz | {age(is_new)} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
