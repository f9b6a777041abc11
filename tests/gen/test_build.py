"""What a Verilog is known by before it is written."""

from dataclasses import replace

from zeroleap.gen import build
from zeroleap.gen.build import verilog_digest
from zeroleap.hw.config import EngineConfig

CONFIG = EngineConfig(lanes=8)


def test_the_digest_is_the_same_for_the_same_engine():
    assert verilog_digest(CONFIG) == verilog_digest(replace(CONFIG, name="another"))


def test_another_parameter_is_another_digest():
    others = {verilog_digest(replace(CONFIG, lanes=lanes)) for lanes in (1, 2, 4, 8)}
    assert len(others) == 4


def test_another_source_or_tool_is_another_digest(monkeypatch, tmp_path):
    before = verilog_digest(CONFIG)
    (tmp_path / "engine.py").write_text("another source")
    with monkeypatch.context() as patch:
        patch.setattr(build.inspect, "getfile", lambda _: str(tmp_path / "engine.py"))
        assert verilog_digest(CONFIG) != before
    monkeypatch.setattr(build, "version", lambda _: "another")
    assert verilog_digest(CONFIG) != before
