"""A core file, by which FuseSoC knows a compiled engine."""

from collections.abc import Sequence

from zeroleap.hw.config import EngineConfig

__all__ = ["CORE_VERSION", "core_file"]

CORE_VERSION = "1.0.0"
"""Of the ports; a core that depends on an engine can ask for it."""

_TEXT = """\
CAPI=2:
name: zeroleap:ip:engine:{version}
description: "Sparse CNN accelerator: {lanes} lanes, configuration {digest}"
filesets:
  rtl:
    files: [{files}]
    file_type: verilogSource
targets:
  default:
    filesets: [rtl]
    toplevel: {top}
  lint:
    filesets: [rtl]
    toplevel: {top}
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wno-fatal]
"""


def core_file(config: EngineConfig, files: Sequence[str], top: str) -> str:
    """Give the core file (CAPI2) of an engine.

    Parameters
    ----------
    config : EngineConfig
    files : sequence of str
        The Verilog, beside the core file.
    top : str
        The module to instantiate.
    """
    return _TEXT.format(
        version=CORE_VERSION,
        lanes=config.lanes,
        digest=config.digest,
        files=", ".join(files),
        top=top,
    )
