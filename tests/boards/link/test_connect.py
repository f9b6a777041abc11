"""Which rates are tried, and what is said if none is right."""

import pytest
from fake_board import FakeBoard

from zeroleap.boards.link import connect
from zeroleap.boards.link.client import NoAnswerError
from zeroleap.hw.config import EngineConfig


@pytest.fixture
def tried(monkeypatch):
    """Give the rates at which ports were opened; a board is at 1 000 000."""
    rates = []

    def open_port(_name, baud):
        rates.append(baud)
        return FakeBoard(to_board=bytes if baud == 1_000_000 else lambda _data: b"")

    monkeypatch.setattr(connect, "SerialPort", open_port)
    return rates


def test_tries_the_rates_in_turn(tried):
    client = connect.connect("port", EngineConfig())
    assert tried == [3_000_000, 2_000_000, 1_000_000]
    assert client.identity().digest == "1234abcd"


def test_tries_no_other_rate_than_the_one_that_is_named(tried):
    with pytest.raises(NoAnswerError):
        connect.connect("port", EngineConfig(), 9600)
    assert tried == [9600]
