"""What Yosys and nextpnr report is read as it is meant; the fragments are as they write them."""

import pytest

from zeroleap.gen.synth import reports
from zeroleap.gen.synth.devices import FAMILIES

ECP5 = {
    "utilization": {
        "DCCA": {"available": 56, "used": 1},
        "DP16KD": {"available": 208, "used": 90},
        "MULT18X18D": {"available": 156, "used": 12},
        "TRELLIS_COMB": {"available": 83640, "used": 6154},
        "TRELLIS_FF": {"available": 83640, "used": 3380},
    },
    "fmax": {"$glbnet$clk": {"achieved": 63.9, "constraint": 100}},
}
ICE40 = {
    "utilization": {
        "ICESTORM_LC": {"available": 5280, "used": 4100},
        "ICESTORM_RAM": {"available": 30, "used": 27},
        "ICESTORM_DSP": {"available": 8, "used": 6},
        "ICESTORM_SPRAM": {"available": 4, "used": 2},
    },
}
ICE40_STAT = {
    "design": {"num_cells_by_type": {"SB_DFF": 7, "SB_DFFESR": 30, "SB_LUT4": 90, "SB_CARRY": 5}}
}
GOWIN = {
    "utilization": {
        "LUT4": {"available": 8640, "used": 2000},
        "ALU": {"available": 6480, "used": 300},
        "RAM16SDP4": {"available": 270, "used": 40},
        "DFF": {"available": 6480, "used": 2702},
        "MULT9X9": {"available": 40, "used": 2},
        "MULT18X18": {"available": 20, "used": 4},
        "BSRAM": {"available": 26, "used": 11},
    },
}
LOG = """\
Info: Device utilisation:
Info: \t          TRELLIS_IO:       4/    197     2%
Info: \t              DP16KD:      90/     56   160%
Info: \t          MULT18X18D:      12/     28    42%
Info: \t         TRELLIS_FF:    3380/  24288    13%
ERROR: Unable to place cell 'engine.lanes.lane_7.weights.0.2', no BELs remaining
"""


def counts(family, report, stat=None):
    return reports.used_cells(FAMILIES[family], report, stat or {})


def test_ecp5_counts_what_nextpnr_placed():
    used, available = counts("ecp5", ECP5)
    assert used == {"lut": 6154, "ff": 3380, "dsp": 12, "bram": 90, "spram": 0}
    assert available == {"lut": 83640, "ff": 83640, "dsp": 156, "bram": 208, "spram": 0}


def test_ice40_takes_its_flip_flops_from_yosys():
    used, available = counts("ice40", ICE40, ICE40_STAT)
    assert used == {"lut": 4100, "ff": 37, "dsp": 6, "bram": 27, "spram": 2}
    assert available == {"lut": 5280, "ff": 5280, "dsp": 8, "bram": 30, "spram": 4}


def test_gowin_adds_up_its_kinds_of_cells():
    used, available = counts("gowin", GOWIN)
    assert used == {"lut": 2340, "ff": 2702, "dsp": 6, "bram": 11, "spram": 0}
    assert available == {"lut": 8640, "ff": 6480, "dsp": 40, "bram": 26, "spram": 0}


def test_the_slowest_clock_counts():
    assert reports.fmax_mhz(ECP5) == 63.9
    assert reports.fmax_mhz({"fmax": {"a": {"achieved": 50.0}, "b": {"achieved": 40.0}}}) == 40
    with pytest.raises(ValueError, match="the clock of the engine"):
        reports.fmax_mhz({"fmax": {}})


def step(kind, delay, source, sink):
    return {"type": kind, "delay": delay, "from": {"cell": source}, "to": {"cell": sink}}


def test_the_critical_path_is_between_registers_and_names_blocks():
    memory, adder = "engine.lanes.lane_0.sums_1.0.0", "engine.lanes.lane_0.$signal$10_LUT4_Z"
    carry, register = "$nextpnr_CCU2C_23$CCU2_COMB0", "engine.requantizer.scaled_TRELLIS_FF_Q_7"
    path = [
        step("clk-to-q", 5.5, memory, memory),
        step("routing", 2.0, memory, adder),
        step("logic", 0.25, adder, adder),
        step("routing", 1.0, adder, carry),
        step("logic", 0.5, carry, carry),
        step("routing", 0.5, carry, register),
        step("setup", 0.0, register, register),
    ]
    pins = {"from": "<async>", "to": "posedge clk", "path": path[:1]}
    inner = {"from": "posedge clk", "to": "posedge clk", "path": path}
    found = reports.critical_path({"critical_paths": [pins, inner]})
    assert found == reports.CriticalPath(
        ("lanes.lane_0.sums_1", "lanes.lane_0", "requantizer.scaled"), 6.25, 3.5
    )
    assert reports.critical_path({"critical_paths": [pins]}) is None
    assert reports.critical_path({}) is None


def test_what_is_too_much_is_named():
    assert reports.excess(FAMILIES["ecp5"], LOG) == ["90 of 56 block RAMs (DP16KD)"]
    assert reports.excess(FAMILIES["ecp5"], LOG.replace("90/", "56/")) == []
