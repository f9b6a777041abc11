"""Operators that no output of a TensorFlow Lite file depends on, and which fault is named first."""

import pytest
from tflite_models import ModelWriter

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.tflite.file import FileModel, FileOperator
from zeroleap.gen.frontend.tflite.live import live

SHAPE = (1, 4, 6, 2)


def chain(*codes, output, raw=False):
    """Return a file where each operator reads what the one before wrote."""
    writer = ModelWriter()
    scales = [[] if raw else [0.5], *[[0.5]] * len(codes)]
    places = [writer.tensor(f"t{i}", SHAPE, scales=given) for i, given in enumerate(scales)]
    for place, code in enumerate(codes):
        writer.operator(code, places[place : place + 1], places[place + 1 : place + 2])
    return writer.finish(places[:1], [places[output]])


def test_follows_every_input_of_what_an_output_needs():
    steps = [((0,), (1,)), ((0,), (2,)), ((0,), (3,)), ((1, -1, 2), (4, 5)), ((3,), (6,))]
    steps = tuple(FileOperator("ADD", *step, None) for step in steps)
    assert live(FileModel(1, (), steps, (0,), (5,))) == (0, 1, 3)
    assert live(FileModel(1, (), steps, (0,), (6, 1))) == (0, 2, 4)
    assert live(FileModel(1, (), steps[::-1], (0,), (6,))) == (0,)  # it reads what comes later


def test_drops_what_no_output_depends_on(read):
    graph = read(chain("RELU", "FLOOR", "RELU", output=1))
    (layer,) = graph
    assert (layer.source, graph.outputs) == ("RELU", ("t1",))
    assert set(graph.tensors) == {"t0", "t1"}


def test_names_the_layer_by_its_place_in_the_file(read):
    with pytest.raises(InputError, match=r"layer 1 't2' \(FLOOR\): operator is not supported"):
        read(chain("RELU", "FLOOR", "RELU", output=3))


def test_keeps_what_has_no_output(read):
    writer = ModelWriter()
    source, target = (writer.tensor(name, SHAPE, scales=[0.5]) for name in "xy")
    writer.operator("RELU", [source], [target])
    writer.operator("ASSIGN_VARIABLE", [source, target], [])
    with pytest.raises(InputError, match=r"layer 1 'layer1' \(ASSIGN_VARIABLE\): operator is not"):
        read(writer.finish([source], [target]))


def test_names_an_unsupported_operator_before_a_tensor(read):
    with pytest.raises(InputError, match="model input: tensor 't0' has 0 scales"):
        read(chain("RELU", output=1, raw=True))
    with pytest.raises(InputError, match=r"layer 1 't2' \(FLOOR\): operator is not supported"):
        read(chain("RELU", "FLOOR", output=2, raw=True))
