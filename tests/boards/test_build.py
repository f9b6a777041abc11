"""A bitstream from programs that write what the real ones do."""

import pytest
from stand_ins import stand_in, writes

from zeroleap.boards.board import find_board
from zeroleap.boards.build import build
from zeroleap.gen.errors import InputError

NAMES = {
    "tang-nano-9k": ("nextpnr-himbaechel-gowin", "gowin_pack", "top.pnr.json", "top.fs"),
    "orangecrab": ("nextpnr-ecp5", "ecppack", "top.config", "top.bit"),
}
STAT = {"design": {"num_cells_by_type": {}}}
CELLS = {"TRELLIS_COMB": {"used": 3, "available": 9}, "LUT4": {"used": 3, "available": 9}}

PLACE = """\
import json, sys
arguments = sys.argv[1:]
seed = int(arguments[arguments.index("--seed") + 1])
reached = {{1: {0}, 2: {1}, 3: {2}}}[seed]
report = {{"utilization": {3}, "fmax": {{"clk": {{"achieved": reached}}}}, "critical_paths": []}}
json.dump(report, open("report.json", "w"))
open("{4}", "w").write(str(seed))
open("{5}", "a").write(" ".join(arguments) + "\\n")
"""
"""Reaches a clock that depends on the seed, and leaves the seed as the design."""


@pytest.fixture
def tools_for(programs, tmp_path):
    """Put all programs of a board; the file in which nextpnr's options are written down."""

    def put(board, *reached):
        place, pack, placed, packed = NAMES[board]
        asked = tmp_path / "asked"
        stand_in(programs, "yosys", writes("stat.json", STAT))
        stand_in(programs, place, PLACE.format(*reached, CELLS, placed, asked))
        stand_in(programs, pack, f"open({packed!r}, 'w').write(open({placed!r}).read())")
        return asked

    return put


def test_the_first_seed_is_enough_where_it_reaches_the_margin(tools_for):
    board = find_board("tang-nano-9k")
    clock = board.clock_mhz
    asked = tools_for(board.name, clock * 1.06, 0, 0)
    steps = []
    done = build(board, [1, 2, 3], steps.append)
    assert (done.content, done.seed) == (b"1", 1)
    assert done.margin == pytest.approx(0.06)
    assert len(steps) == 4
    (line,) = asked.read_text().splitlines()
    assert "--device GW1NR-LV9QN88PC6/I5 --vopt family=GW1N-9C" in line
    assert "--vopt cst=top.cst" in line


def test_the_fastest_is_taken_where_none_reaches_the_margin(tools_for):
    board = find_board("tang-nano-9k")
    clock = board.clock_mhz
    asked = tools_for(board.name, clock * 0.9, clock * 1.02, clock * 0.95)
    done = build(board, [1, 2, 3])
    assert (done.content, done.seed) == (b"2", 2)
    assert len(asked.read_text().splitlines()) == 3
    shown = done.to_json()
    assert (shown["board"], shown["seed"], shown["margin"]) == (board.name, 2, 0.02)
    assert (shown["lut"], shown["frequency_mhz"]) == (3, clock)


def test_a_bootloaders_file_has_its_suffix(tools_for):
    board = find_board("orangecrab")
    tools_for(board.name, 100, 0, 0)
    content = build(board, [1]).content
    assert content[:1] == b"1"
    assert content[-8:-5] == b"UFD"


def test_what_does_not_fit_is_said(tools_for, programs):
    tools_for("tang-nano-9k", 0, 0, 0)
    log = "Info: \\t               BSRAM:      31/     26   119%\\nERROR: Unable to place cell"
    stand_in(programs, "nextpnr-himbaechel-gowin", f"print('{log}')\nraise SystemExit(1)")
    with pytest.raises(InputError, match=r"not fit GW1NR-9: takes 31 of 26 block RAMs"):
        build(find_board("tang-nano-9k"), [1])


def test_a_seed_with_which_a_cell_finds_no_place_is_passed_over(tools_for, programs):
    board = find_board("tang-nano-9k")
    tools_for(board.name, 0, board.clock_mhz * 1.06, 0)
    place = programs / "nextpnr-himbaechel-gowin"
    gives_up = "import sys\nif sys.argv[-1] == '1': sys.exit('ERROR: Unable to find a place')\n"
    stand_in(programs, place.name, gives_up + place.read_text())
    assert build(board, [1, 2, 3]).seed == 2
    with pytest.raises(InputError, match="GW1NR-9: nextpnr-himbaechel-gowin: Unable to find a"):
        build(board, [1])


@pytest.mark.parametrize("absent", ["yosys", "nextpnr-himbaechel-gowin", "gowin_pack"])
def test_what_is_missing_is_named_before_anything_is_done(tools_for, programs, absent):
    tools_for("tang-nano-9k", 0, 0, 0)
    (programs / absent).unlink()
    steps = []
    with pytest.raises(InputError, match=rf"needs {absent}.*zeroleap\[boards\]"):
        build(find_board("tang-nano-9k"), [1], steps.append)
    assert steps == []
