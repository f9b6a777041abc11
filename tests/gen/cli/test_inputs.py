"""Inputs are what the model takes, or are refused in one line that says what it takes."""

import numpy as np
import pytest

from zeroleap.gen.cli.inputs import random_inputs, read_inputs
from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Graph, Quantize, Tensor


def graph_of(*tensors):
    return Graph(
        "net", {tensor.name: tensor for tensor in tensors}, tuple(t.name for t in tensors), (), ()
    )


INT8 = Tensor("x", (1, 2, 2, 1), "int8", scale=0.5, zero_point=-3)
FLOAT = Tensor("f", (1, 3), "float32")


def saved(tmp_path, array, name="x.npy"):
    np.save(tmp_path / name, array)
    return str(tmp_path / name)


def test_integers_of_the_models_type_are_taken_as_they_are(tmp_path):
    values = np.array([[[[-128], [127]], [[0], [5]]]], np.int8)
    inputs = read_inputs(saved(tmp_path, values), graph_of(INT8))
    np.testing.assert_array_equal(inputs["x"], values)


def test_floats_are_quantised_ties_away_from_zero_and_saturated(tmp_path):
    values = np.array([0.25, -0.25, 1000.0, -1000.0]).reshape(INT8.shape)
    inputs = read_inputs(saved(tmp_path, values), graph_of(INT8))
    assert inputs["x"].dtype == np.int8
    assert inputs["x"].ravel().tolist() == [-2, -4, 127, -128]


def test_a_half_that_float32_would_round_up_is_not(tmp_path):
    below = np.full(INT8.shape, np.nextafter(np.float32(0.25), np.float32(0)))
    inputs = read_inputs(saved(tmp_path, below), graph_of(INT8))
    assert inputs["x"].ravel().tolist() == [-3] * 4


def test_floats_for_a_float_input_become_float32(tmp_path):
    inputs = read_inputs(saved(tmp_path, np.ones((1, 3))), graph_of(FLOAT))
    assert inputs["f"].dtype == np.float32


def test_several_inputs_are_files_in_order_or_one_archive_by_name(tmp_path):
    graph = graph_of(INT8, FLOAT)
    one = np.zeros(INT8.shape, np.int8)
    other = np.ones(FLOAT.shape, np.float32)
    files = f"{saved(tmp_path, one)},{saved(tmp_path, other, 'f.npy')}"
    np.savez(tmp_path / "both.npz", f=other, x=one)
    for inputs in (read_inputs(files, graph), read_inputs(str(tmp_path / "both.npz"), graph)):
        np.testing.assert_array_equal(inputs["x"], one)
        np.testing.assert_array_equal(inputs["f"], other)


def test_the_one_array_of_an_archive_may_have_any_name(tmp_path):
    np.savez(tmp_path / "one.npz", anything=np.zeros(INT8.shape, np.int8))
    assert set(read_inputs(str(tmp_path / "one.npz"), graph_of(INT8))) == {"x"}


@pytest.mark.parametrize(
    ("array", "named"),
    [
        (
            np.zeros((1, 2, 2), np.int8),
            r"shape \(1, 2, 2\); the model takes int8 of shape \(1, 2, 2, 1\)",
        ),
        (np.zeros((2, 2, 2, 1), np.int8), r"shape \(2, 2, 2, 1\); the model takes"),
        (np.zeros(INT8.shape, np.uint8), "type uint8; the model takes int8 .* or floats"),
        (np.zeros(INT8.shape, np.int64), "type int64; the model takes int8"),
        (np.zeros(INT8.shape, bool), "type bool; the model takes int8"),
        (np.zeros(INT8.shape, complex), "type complex128; the model takes int8"),
        (np.full(INT8.shape, np.nan), "not finite"),
        (np.full(INT8.shape, "a"), "type <U1; the model takes int8"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(tmp_path, array, named):
    with pytest.raises(InputError, match=named):
        read_inputs(saved(tmp_path, array), graph_of(INT8))


def test_integers_for_a_float_input_are_refused(tmp_path):
    with pytest.raises(InputError, match="type int8; the model takes float32"):
        read_inputs(saved(tmp_path, np.zeros((1, 3), np.int8)), graph_of(FLOAT))


def test_a_float64_beyond_float32_is_refused(tmp_path):
    with pytest.raises(InputError, match="not finite"):
        read_inputs(saved(tmp_path, np.full((1, 3), 1e300)), graph_of(FLOAT))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "cannot be read"),
        (b"some text", "it is not an array file, or holds Python objects"),
        (b"\x93NUMPY\x01\x00v\x00{'descr'", "cannot be read"),
        (b"PK\x03\x04 cut short", "cannot be read"),
    ],
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_a_damaged_file_is_refused(tmp_path, content, named, suffix):
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=named) as refusal:
        read_inputs(str(path), graph_of(INT8))
    assert "\n" not in str(refusal.value)


def test_an_absent_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "absent.npy"):
        with pytest.raises(InputError, match=r"(No such file|Is a) .*is accepted"):
            read_inputs(str(path), graph_of(INT8))


def test_python_objects_are_not_loaded(tmp_path):
    np.save(tmp_path / "x.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(InputError, match="Python objects"):
        read_inputs(str(tmp_path / "x.npy"), graph_of(INT8))


def test_the_wrong_number_of_files_says_what_the_model_takes(tmp_path):
    path = saved(tmp_path, np.zeros(INT8.shape, np.int8))
    with pytest.raises(InputError, match="names 2 files; the model takes 'x' int8"):
        read_inputs(f"{path},{path}", graph_of(INT8))


def test_wrong_names_in_an_archive_are_listed(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros(1), b=np.zeros(1))
    with pytest.raises(InputError, match="'a', 'b'; the model takes 'x' int8"):
        read_inputs(str(tmp_path / "x.npz"), graph_of(INT8))


def test_random_inputs_are_of_the_models_type_and_the_same_each_time():
    first, again = (random_inputs(graph_of(INT8, FLOAT), 3) for _ in range(2))
    for tensor in (INT8, FLOAT):
        assert first[tensor.name].dtype == tensor.dtype
        assert first[tensor.name].shape == tensor.shape
        np.testing.assert_array_equal(first[tensor.name], again[tensor.name])


def test_random_floats_reach_all_of_the_quantised_range():
    wide = Tensor("f", (1, 4000), "float32")
    target = Tensor("q", (1, 4000), "int8", scale=0.1, zero_point=100)
    graph = Graph(
        "net", {"f": wide, "q": target}, ("f",), ("q",), (Quantize("q", "Q", ("f",), "q"),)
    )
    values = random_inputs(graph, 0)["f"]
    assert values.min() == pytest.approx(-228 * 0.1)
    assert values.max() == pytest.approx(27 * 0.1)
