"""A bitstream is made and read back; what is missing or too large is said in one line."""

import pytest
from stand_ins import stand_in, writes

from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import find_device
from zeroleap.gen.synth.tools import find_program
from zeroleap.gen.synth.unpacked import Unpacked, pin_constraints
from zeroleap.hw.config import EngineConfig

HX8K = find_device("ice40", "iCE40HX8K")
ENGINE = EngineConfig(lanes=1, activation_bytes=64, weight_bytes=16, headers=4, tables=0)


def pad(net, place):
    return {
        "type": "SB_IO",
        "connections": {"PACKAGE_PIN": [net], "D_IN_0": [net + 1]},
        "attributes": {"NEXTPNR_BEL": place},
    }


PLACED = {
    "modules": {
        "top": {
            "ports": {
                "clk": {"direction": "input", "bits": [7]},
                "word": {"direction": "output", "bits": [3, 5]},
            },
            "cells": {
                "second": pad(5, "X0/Y12/io1"),
                "first": pad(3, "X33/Y4/io0"),
                "clock": pad(7, "X16/Y33/io1"),
                "lut": {"type": "ICESTORM_LC", "connections": {"O": [5]}, "attributes": {}},
            },
        }
    }
}


@pytest.fixture
def tools(programs):
    """Stand in for all programs: each leaves what the next one reads."""
    stand_in(programs, "yosys", "open('netlist.v', 'w')")
    stand_in(programs, "nextpnr-ice40", writes("placed.json", PLACED))
    stand_in(programs, "icepack")
    stand_in(programs, "iceunpack")
    stand_in(programs, "icebox_vlog")
    return programs


def test_every_bit_of_a_port_has_the_pad_where_it_was_placed():
    lines = pin_constraints(PLACED).splitlines()
    assert lines == ["set_io clk 16 33 1", "set_io word[0] 33 4 0", "set_io word[1] 0 12 1"]


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("nextpnr-ice40", r"pip install zeroleap\[synth\]"),
        ("iceunpack", r"pip install zeroleap\[synth\]"),
        ("icebox_vlog", r"on Debian: apt-get install fpga-icestorm"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_made(name, cure, tools, tmp_path):
    (tools / name).unlink()
    stand_in(tools, "yosys", "raise SystemExit('too late')")
    with pytest.raises(InputError, match=rf"needs {name}, which is not on PATH; .*{cure}"):
        Unpacked(HX8K).write(ENGINE, tmp_path / "engine.v")


def test_what_does_not_fit_is_said(tools, tmp_path):
    log = "Info: \\t         ICESTORM_LC:    8495/   7680   110%\\nERROR: Unable to place cell"
    stand_in(tools, "nextpnr-ice40", f"print('{log}')\nraise SystemExit(1)")
    with pytest.raises(InputError, match="not fit iCE40HX8K: takes 8495 of 7680 LUTs"):
        Unpacked(HX8K).write(ENGINE, tmp_path / "engine.v")


def test_a_tools_own_error_is_handed_on(tools, tmp_path):
    script = "import sys\nprint('module engine')\nsys.exit('KeyError: no such tile')"
    stand_in(tools, "icebox_vlog", script)
    with pytest.raises(InputError, match=r"^iCE40HX8K: icebox_vlog: KeyError: no such tile$"):
        Unpacked(HX8K).write(ENGINE, tmp_path / "engine.v")


def test_steps_are_told_and_no_warning_gets_into_the_verilog(tools, tmp_path):
    warning = "import sys\nprint('SyntaxWarning: strange', file=sys.stderr)"
    stand_in(tools, "icebox_vlog", f"{warning}\nprint('module engine')")
    told = []
    unpacked = Unpacked(HX8K, told.append)
    found = {name: find_program(name) for name in unpacked.tools}
    assert unpacked.make(tmp_path, found) == "module engine\n"
    assert len(told) == Unpacked.STEPS


def test_the_way_back_gets_the_pads_by_their_place(tools, tmp_path):
    stand_in(
        tools, "icebox_vlog", "import sys\nprint(open(sys.argv[sys.argv.index('-p') + 1]).read())"
    )
    unpacked = Unpacked(HX8K)
    text = unpacked.make(tmp_path, {name: find_program(name) for name in unpacked.tools})
    assert "set_io word[1] 0 12 1\n" in text
