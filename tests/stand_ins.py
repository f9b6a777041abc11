"""Programs of a test's own in the place of Yosys, nextpnr and others."""

import json
import sys


def stand_in(folder, name, script=""):
    """Put a program of ``name`` in ``folder``."""
    program = folder / name
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)


def writes(name, values):
    """Give a script that writes a JSON file."""
    return f"open({name!r}, 'w').write({json.dumps(json.dumps(values))})"
