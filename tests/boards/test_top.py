"""The plan of a board's FPGA: its pins, its PLL and what its clock is held to."""

import re

import pytest

from zeroleap.boards.board import find_board
from zeroleap.boards.plan import write_plan


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    write_plan(find_board("orangecrab"), folder)
    return folder


def test_pins_are_the_boards(planned):
    """The header's first two, the green LED and the clock of the schematic of r0.2."""
    text = (planned / "top.lpf").read_text()
    for pin in ("N17", "M18", "M3", "A9"):
        assert f'SITE "{pin}"' in text


def test_the_net_of_the_engines_clock_is_what_is_constrained(planned):
    """Nextpnr passes over a net that it does not know: it is the one that the device is given."""
    board = find_board("orangecrab")
    (line,) = re.findall(r'FREQUENCY NET "(.*)" (.*) MHZ;', (planned / "top.lpf").read_text())
    assert float(line[1]) == pytest.approx(float(board.clock_hz) * 1.1e-6, abs=0.01)
    design = (planned / "top.il").read_text()
    top = design[design.index("module \\top\n") :]
    device = top[top.index("cell \\top.device ") :]
    assert f"connect \\clk \\{line[0]} [0]\n" in device[: device.index("end\n")]


@pytest.mark.parametrize(
    ("name", "file", "pins"),
    [
        ("icebreaker", "top.pcf", ("16", "15", "14", "17", "12", "13")),
        ("ulx3s-25f", "top.lpf", ("R2", "W2", "V2", "W1", "Y2")),
        ("icepi-zero", "top.lpf", ("N8", "T7", "T8", "M7", "N7")),
        ("tang-nano-9k", "top.cst", ("60", "59", "61", "62")),
    ],
)
def test_pins_of_the_flash_are_the_boards(tmp_path, name, file, pins):
    """Of the schematics; an ECP5 reaches its clock's by a cell, and other boards by a pin."""
    write_plan(find_board(name), tmp_path)
    lines = (tmp_path / file).read_text().splitlines()
    words = {word for line in lines if "image_flash" in line for word in re.findall(r"\w+", line)}
    assert words >= set(pins)
    assert ("cell \\USRMCLK " in (tmp_path / "top.il").read_text()) == file.endswith("lpf")
