"""Figures add up, and tables line up."""

import json
from dataclasses import replace

from zeroleap.gen.report import LayerReport, Report, mean_report, table

FIRST = LayerReport("first", "conv", (1, 4, 4, 2), 1000, 400, 100, 256, 512)
SECOND = LayerReport("second", "dense", (1, 1, 1, 10), 200, 200, 50, 64, 2048)
REPORT = Report("net.onnx", "small", "activation", 8, "random, seed 0", (FIRST, SECOND))


def test_totals_are_sums_and_utilization_is_of_the_limit():
    assert (REPORT.macs, REPORT.effectual_macs, REPORT.cycles) == (1200, 600, 150)
    assert REPORT.utilization == 600 / (8 * 150)


def test_json_has_the_keys_that_scripts_read():
    values = json.loads(json.dumps(REPORT.to_json()))
    common = {"lanes", "multipliers", "macs", "effectual_macs", "cycles", "utilization"}
    assert common | {"model", "config", "layers"} <= values.keys()
    assert all(common | {"name", "op", "shape"} <= layer.keys() for layer in values["layers"])
    assert values["layers"][0]["utilization"] == 0.5


def test_a_network_without_cycles_has_no_utilization():
    assert Report("net", "small", "none", 8, "zeros", ()).utilization == 0.0


def test_text_has_a_row_a_layer_and_a_total():
    lines = REPORT.to_text().splitlines()
    assert lines[0].startswith("net.onnx on small: 8 lanes")
    assert [line.split()[0] for line in lines[4:6]] == ["first", "second"]
    assert lines[-1].split()[:4] == ["all", "1,200", "600", "150"]
    assert "2,048" in lines[-1]


def test_a_table_lines_up():
    assert table(("name", "n", "share"), [("a", 1234, "5.0 %"), ("total", 5, "10.0 %")]) == (
        "name       n   share\n"
        "-----  -----  ------\n"
        "a      1,234   5.0 %\n"
        "-----  -----  ------\n"
        "total      5  10.0 %\n"
    )


def test_the_mean_of_reports_keeps_what_does_not_change():
    other = replace(REPORT, layers=(replace(FIRST, cycles=301, effectual_macs=0), SECOND))
    mean = mean_report([REPORT, other], "two")
    assert (mean.layers[0].cycles, mean.layers[0].effectual_macs) == (200, 200)
    assert mean.layers[0].macs == FIRST.macs
    assert mean.layers[1] == SECOND
    assert mean.input == "two"
