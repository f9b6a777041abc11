"""Engines of the benchmark, and what it measures."""

from dataclasses import asdict
from typing import get_args

import pytest

from zeroleap.gen import configs
from zeroleap.gen.cli import bench_works
from zeroleap.gen.cli.bench_works import digits_works, engine, layer_works
from zeroleap.hw.config import Sparsity


@pytest.mark.parametrize(
    ("lanes", "groups"), [(1, 1), (4, 1), (8, 2), (9, 1), (12, 1), (16, 4), (32, 4), (40, 2)]
)
@pytest.mark.parametrize("sparsity", get_args(Sparsity))
def test_an_engine_has_the_largest_memories_and_groups_of_whole_words(lanes, groups, sparsity):
    made, chosen = engine(lanes, sparsity), {"lanes": lanes, "groups": groups, "sparsity": sparsity}
    assert asdict(made) == asdict(bench_works.ROOMY) | chosen
    for name in configs.names():
        named = asdict(configs.load(name)).items()
        sizes = {key: value for key, value in named if key not in {"name", *chosen}}
        assert all(asdict(made)[key] >= value for key, value in sizes.items())


@pytest.mark.parametrize("sparsity", get_args(Sparsity))
def test_every_layer_fits_its_engine(sparsity):
    for work in layer_works():
        network = work.compile(sparsity)
        assert network.image.config.lanes == work.lanes
        assert network.image.config.sparsity == sparsity
        assert network.file.name == work.name


def test_the_digits_are_there_once_for_each_number_of_lanes():
    works = digits_works([2, 16])
    assert [(work.name, work.lanes) for work in works] == [
        ("digits_int8.onnx", 2),
        ("digits_int8.onnx", 16),
    ]
    [image] = works[0].inputs.values()
    assert image.shape == (1, 1, 8, 8)


def test_without_the_demos_files_there_are_no_digits(monkeypatch):
    monkeypatch.setattr(bench_works, "digits_folder", lambda _: None)
    assert digits_works([8]) == []
