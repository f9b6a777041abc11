"""Options of the tests, and which of them this machine cannot run."""

import shutil

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--rtl", action="store_true", help="each operator's test on the RTL too, not a sample"
    )


def pytest_runtest_setup(item):
    is_there = shutil.which("iverilog") and shutil.which("vvp")
    if item.get_closest_marker("icarus") and not is_there:
        pytest.skip("Icarus Verilog (iverilog, vvp) is not installed")
