"""What a file of an image keeps, and which files are refused."""

from dataclasses import replace

import numpy as np
import pytest
from random_layers import random_network

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.image import FORMAT, Image, ImageLayer
from zeroleap.hw.config import EngineConfig

ROOMY = EngineConfig(lanes=5, weight_bytes=2**15, headers=2**13, program_words=2**13)
ARRAYS = {
    "program": np.uint32,
    "weights": np.int8,
    "headers": np.uint32,
    "parameters": np.uint32,
    "tables": np.int8,
}


def image_of(sparsity):
    graph, _ = random_network(1, 10)
    return compile_graph(graph, replace(ROOMY, sparsity=sparsity))


@pytest.mark.parametrize("sparsity", ["none", "activation", "both"])
def test_an_image_is_saved_and_loaded(tmp_path, sparsity):
    image = image_of(sparsity)
    image.save(tmp_path / "image.npz")
    loaded = Image.load(tmp_path / "image.npz")
    for field in ("name", "config", "placements", "inputs", "outputs", "layers"):
        assert getattr(loaded, field) == getattr(image, field)
    for field, kind in ARRAYS.items():
        ours, theirs = getattr(loaded, field), getattr(image, field)
        assert ours.dtype == theirs.dtype == kind
        np.testing.assert_array_equal(ours, theirs)
    assert (len(loaded.headers) > 0) == (sparsity == "both")
    assert loaded.weights.shape[1] == loaded.headers.shape[1] == 5


def test_constants_and_tables_are_kept(tmp_path):
    """Also a constant whose name would be another's, or is none that a path could have."""
    names = ("k", "constant k", "program", "a/b: c", "")
    constants = {
        name: np.full((1, 2, 1, 3), index - 2, np.int8) for index, name in enumerate(names)
    }
    tables = np.arange(-128, 128, dtype=np.int8)[::-1].repeat(2).reshape(256, 2).T
    image = replace(image_of("none"), constants=constants, tables=tables)
    image.save(tmp_path / "image.npz")
    loaded = Image.load(tmp_path / "image.npz")
    assert loaded.constants.keys() == constants.keys()
    for name, values in constants.items():
        assert loaded.constants[name].dtype == np.int8
        np.testing.assert_array_equal(loaded.constants[name], values)
    np.testing.assert_array_equal(loaded.tables, tables)
    np.testing.assert_array_equal(loaded.program, image.program)


def test_an_older_format_is_refused_with_its_cure(tmp_path):
    path = tmp_path / "image.npz"
    image_of("none").save(path)
    with np.load(path) as arrays:
        kept = dict(arrays)
    about = str(kept["about"]).replace(f'"format": {FORMAT}', '"format": 1')
    np.savez(path, **{**kept, "about": np.array(about)})
    with pytest.raises(InputError, match=r"has format 1; accepted is 3: compile the model again"):
        Image.load(path)


@pytest.mark.parametrize("lost", ["headers", "tables", "about"])
def test_a_file_that_lacks_something_is_refused(tmp_path, lost):
    path = tmp_path / "image.npz"
    image_of("both").save(path)
    with np.load(path) as arrays:
        kept = {name: array for name, array in arrays.items() if name != lost}
    np.savez(path, **kept)
    with pytest.raises(InputError, match="not an image that zeroleap wrote"):
        Image.load(path)


def test_no_file_and_no_archive_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    for name in ("absent.npz", "text.npz"):
        with pytest.raises(InputError, match=f"{name}: not an image that zeroleap wrote"):
            Image.load(tmp_path / name)


def test_the_first_input_of_a_layer_is_its_input():
    assert ImageLayer("add", "ADD", ("a", "b"), "y", 1).input == "a"
