"""Files that appear whole or not at all."""

import contextlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError

__all__ = ["check_folder", "replaced_file", "replaced_folder", "to_json", "write_arrays"]


@contextlib.contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the place of ``path`` if all goes well.

    Raises
    ------
    InputError
        ``path`` is a folder, or its folder does not exist or cannot be written to.
    """
    if path.is_dir() or not path.parent.is_dir():
        fault = "is a directory" if path.is_dir() else "its folder does not exist"
        raise InputError(f"{path}: {fault}; a file in an existing folder is accepted")
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        part.touch()
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def replaced_folder(path: Path, mark: str) -> Iterator[Path]:
    """Give a folder to fill, which takes the place of ``path`` if all goes well.

    Parameters
    ----------
    path : Path
        Absent, empty, or a folder that was made here before.
    mark : str
        File by which a folder that was made here is known.

    Raises
    ------
    InputError
        Something else is at ``path``, and left alone, or it cannot be made.
    """
    path = path.absolute()
    ours = path.is_dir() and ((path / mark).is_file() or not any(path.iterdir()))
    if (path.exists() or path.is_symlink()) and not ours:
        raise InputError(
            f"{path}: is there and was not made by zeroleap compile; a new or empty folder, or"
            " one that it made, is accepted"
        )
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    old = path.with_name(f".old-{os.getpid()}-{path.name}")
    check_folder(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        yield part
        if path.exists():
            path.rename(old)
        part.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_folder(path: Path) -> None:
    """See to it that ``path`` is, or can become, a folder to write to, before work is put in.

    Raises
    ------
    InputError
        It, or what it would be made in, is a file or cannot be written to.
    """
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        fault = "cannot be written to" if there.is_dir() else "is a file"
        raise InputError(f"{path}: {there} {fault}; a folder that can be written to is accepted")


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: cannot be written ({error.strerror}); a place that can be written to is accepted"
    )


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write an ``.npz``; unlike `numpy.savez`, with any name that a model may have given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)


def to_json(values: Mapping[str, Any]) -> str:
    """Write one JSON object, readable by people too."""
    return json.dumps(values, indent=2, ensure_ascii=False)
