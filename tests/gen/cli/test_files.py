"""Files appear whole or not at all."""

import numpy as np
import pytest

from zeroleap.gen.cli.files import check_folder, replaced_file, replaced_folder, write_arrays
from zeroleap.gen.errors import InputError


def interrupt(writing):
    """Fail when half of it is written."""
    with writing as part:
        (part / "half" if part.is_dir() else part).touch()
        raise RuntimeError


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        interrupt(replaced_file(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_success_replaces_the_file(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with replaced_file(path) as part:
        part.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_needs_a_folder_and_must_not_be_one(tmp_path):
    for path in (tmp_path, tmp_path / "absent" / "out.txt"):
        with pytest.raises(InputError, match="is accepted"), replaced_file(path):
            pass


def test_a_failed_folder_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        interrupt(replaced_folder(tmp_path / "a" / "b", "mark"))
    assert list((tmp_path / "a").iterdir()) == []


def test_a_folder_of_ours_is_replaced_whole(tmp_path):
    path = tmp_path / "made"
    for content in ("first", "second"):
        with replaced_folder(path, "mark") as part:
            (part / "mark").touch()
            (part / content).touch()
    assert {entry.name for entry in path.iterdir()} == {"mark", "second"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_keeps_the_folder_of_before(tmp_path):
    path = tmp_path / "made"
    with replaced_folder(path, "mark") as part:
        (part / "mark").touch()
    with pytest.raises(RuntimeError):
        interrupt(replaced_folder(path, "mark"))
    assert (path / "mark").is_file()


def test_a_folder_of_someone_elses_is_left_alone(tmp_path):
    (tmp_path / "precious").touch()
    for path in (tmp_path, tmp_path / "precious"):
        with pytest.raises(InputError, match="was not made by"), replaced_folder(path, "mark"):
            pass
    assert (tmp_path / "precious").is_file()


def test_what_cannot_be_written_is_named_before_any_work(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "out", tmp_path / "file" / "a" / "b"):
        with pytest.raises(InputError, match="file is a file"):
            check_folder(path)
        with pytest.raises(InputError, match="is accepted"), replaced_folder(path, "mark"):
            pass
    long = tmp_path / ("x" * 255)
    for writing in (replaced_folder(long, "mark"), replaced_file(long)):
        with pytest.raises(InputError, match=r"x: cannot be written \(.*is accepted"), writing:
            pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    check_folder(tmp_path / "new" / "folder")


def test_an_empty_folder_is_filled(tmp_path):
    with replaced_folder(tmp_path / "empty", "mark") as part:
        (tmp_path / "empty").mkdir()
        (part / "mark").touch()
    assert (tmp_path / "empty" / "mark").is_file()


@pytest.mark.parametrize("name", ["scores", "file", "a/b:0", "é"])
def test_arrays_keep_the_names_that_a_model_gave(tmp_path, name):
    path = tmp_path / "out.npz"
    write_arrays(path, {name: np.arange(3, dtype=np.uint8)})
    with np.load(path) as arrays:
        assert list(arrays) == [name]
        assert arrays[name].tolist() == [0, 1, 2]
