"""The tree itself: who may import whom, and that every package is shipped."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAME = "zeroleap"

# The longest matching key rules. Everything may import itself.
MAY_IMPORT = {
    "hw": [],
    "gen": ["hw.config", "hw.isa", "hw.axi.registers"],
    "gen.build": ["hw"],
    "gen.cli": ["gen", "hw", "sim", "boards"],  # the command is where everything meets
    "sim": ["hw", "gen"],
    "sim.reference": ["gen.ir"],
    "boards": ["hw", "gen", "sim"],
}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for package in ("hw", "gen", "sim", "boards")
    for path in (ROOT / package).rglob("*.py")
}


def within(module, package):
    return f"{module}.".startswith(f"{package}.")


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the import out in full"
            names = [node.module or ""]
        else:
            continue
        yield from (name.removeprefix(f"{NAME}.") for name in names if within(name, NAME))


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    owner = max((key for key in MAY_IMPORT if within(module, key)), key=len)
    for imported in imports_of(MODULES[module]):
        assert any(within(imported, key) for key in [owner, *MAY_IMPORT[owner]]), (
            f"{module} may not import {imported}"
        )


def test_every_package_is_shipped():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        f"{NAME}.{module.removesuffix('.__init__')}"
        for module in MODULES
        if module.endswith("__init__")
    }
    assert set(listed) == found
