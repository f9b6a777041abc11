"""What a simulator answers, and how it fails."""

import pytest
from host_requests import requests

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Space
from zeroleap.sim.simulator import SimulationError, Simulator

CONFIG = EngineConfig(lanes=8, sparsity="activation")


@pytest.fixture(
    scope="module", params=["verilator", pytest.param("icarus", marks=pytest.mark.icarus)]
)
def simulator(request):
    return Simulator(CONFIG, request.param)


def test_answers_come_in_order(simulator):
    words, unknown = simulator.play(
        requests(
            (Space.ACTIVATIONS, 5, 0xFFFF_FFFF),
            (Space.ACTIVATIONS, 6, 0x1234_5678),
            (Space.ACTIVATIONS, 6, None),
            (Space.CONTROL, 0, None),
            (Space.ACTIVATIONS, 5, None),
        ),
        deadline=10_000,
    )
    assert words.tolist() == [0x1234_5678, int(CONFIG.digest, 16), 0xFFFF_FFFF]
    assert unknown.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "simulator", [pytest.param("icarus", marks=pytest.mark.icarus)], indirect=True
)
def test_what_nobody_wrote_is_unknown(simulator):
    words, unknown = simulator.play(
        requests(
            (Space.ACTIVATIONS, 1, 0), (Space.ACTIVATIONS, 1, None), (Space.ACTIVATIONS, 2, None)
        ),
        deadline=10_000,
    )
    assert words.tolist() == [0, 0]
    assert unknown.tolist() == [0, 0xFFFF_FFFF]


def test_a_deadline_that_passes_is_an_error(simulator):
    with pytest.raises(SimulationError, match="failed"):
        simulator.play(requests((Space.CONTROL, 0, None)), deadline=10)


def test_a_build_keeps_what_runs_and_little_else(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = EngineConfig(lanes=1, activation_bytes=64, weight_bytes=16, program_words=64)
    simulator = Simulator(config, "verilator")
    words, _ = simulator.play(requests((Space.CONTROL, 0, None)), deadline=10_000)
    assert words.tolist() == [int(config.digest, 16)]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 20 * 2**20
