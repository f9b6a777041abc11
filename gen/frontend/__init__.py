"""Readers of model files: each turns one format into :mod:`zeroleap.gen.ir`."""

from pathlib import Path

import numpy as np

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.onnx import reader as onnx_reader
from zeroleap.gen.frontend.tflite import reader as tflite_reader
from zeroleap.gen.ir import Graph
from zeroleap.gen.passes import verify

__all__ = ["load"]

ACCEPTED = "an int8 TensorFlow Lite file (.tflite) or a quantised ONNX file (.onnx) is accepted"


def load(path: Path) -> Graph:
    """Read the model in ``path``; its content and suffix say of which format it is.

    Raises
    ------
    InputError
        The file cannot be read, is damaged, or holds what is not supported.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a directory; {ACCEPTED}")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; {ACCEPTED}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); {ACCEPTED}") from None
    if not content:
        raise InputError(f"{path}: is empty; {ACCEPTED}")
    if content[4:8] == b"TFL3":
        read = tflite_reader.read
    elif path.suffix.lower() == ".onnx":
        read = onnx_reader.read
    else:
        raise InputError(f"{path}: is of no known format; {ACCEPTED}")
    try:
        with np.errstate(all="ignore"):  # absurd scales are refused in words, not in warnings
            return verify(read(path.name, content))
    except InputError:
        raise
    except Exception as error:  # the parsers of damaged files raise nearly every type
        text = " ".join(str(error).split())[:200] or "it ends too early"
        raise InputError(
            f"{path}: is damaged ({type(error).__name__}: {text}); {ACCEPTED}"
        ) from None
