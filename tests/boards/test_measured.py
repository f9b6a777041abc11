"""Figures count for the engine and the clock that they were measured of."""

import json

import pytest

from zeroleap.boards import measured
from zeroleap.boards.board import find_board

BOARD = find_board("ulx3s-25f")
OF_TODAY = {"config": BOARD.config.digest, "clock_mhz": BOARD.clock_mhz, "lut": 7}


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "measured.json"
    monkeypatch.setattr(measured, "FILE", str(path))
    return path


@pytest.mark.parametrize("change", [{"config": "00000000"}, {"clock_mhz": 1.0}])
def test_figures_of_another_engine_or_clock_are_none(file, change):
    file.write_text(json.dumps({BOARD.name: OF_TODAY}))
    assert measured.measured(BOARD) == OF_TODAY
    file.write_text(json.dumps({BOARD.name: OF_TODAY | change}))
    assert measured.measured(BOARD) is None


def test_a_board_that_was_not_measured_has_none(file):
    assert measured.measured(BOARD) is None
    file.write_text(json.dumps({"another": OF_TODAY}))
    assert measured.measured(BOARD) is None
