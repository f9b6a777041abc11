"""``zeroleap quantize``: from a float ONNX model to a quantised one."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.cli.files import replaced_file, to_json
from zeroleap.gen.cli.inputs import load_array
from zeroleap.gen.cli.options import Parsers, add_json
from zeroleap.gen.cli.progress import Progress
from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.quantize import count_samples, quantize_onnx, read_float_model

__all__ = ["add"]


def add(parsers: Parsers) -> None:
    """Add the subcommand."""
    parser = parsers.add_parser(
        "quantize",
        help="from a float ONNX model to int8",
        description="Quantises MODEL with onnxruntime: int8, weights with a scale a channel.",
        allow_abbrev=False,
    )
    parser.add_argument("model", metavar="MODEL", type=Path, help="float .onnx")
    parser.add_argument(
        "--data",
        metavar="X.npy[,X2.npy]",
        required=True,
        help="inputs like real ones, (count, ...): they set the range of each activation",
    )
    parser.add_argument("-o", "--output", metavar="Q.onnx", type=Path, required=True)
    add_json(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Quantise, and write what can be run here."""
    model, output = read_float_model(arguments.model), arguments.output
    samples = read_samples(arguments.data, [item.name for item in model.graph.input])
    count = count_samples(arguments.model.name, model, samples)
    if output.suffix.lower() != ".onnx":
        raise InputError(f"{output}: is of no known format; a name that ends in .onnx is accepted")
    with replaced_file(output) as part, Progress(count + 2) as progress:
        quantize_onnx(arguments.model.name, model, samples, part, progress.step)
        check_readable(arguments.model.name, part)
    if arguments.json:
        print(to_json({"model": arguments.model.name, "output": str(output), "inputs": count}))
    else:
        print(f"written to {output}: ranges of {count} inputs")
    return 0


def check_readable(name: str, path: Path) -> None:
    """See to it that the model ``name``, which lies quantised in ``path``, can be read.

    Raises
    ------
    InputError
        It has what is not supported.
    """
    try:
        load(path)
    except InputError as error:
        reason = str(error).removeprefix(f"{path.name}: ")
        raise InputError(f"{name}: quantised, it could not run here: {reason}") from None


def read_samples(files: str, names: list[str]) -> dict[str, npt.NDArray[np.float32]]:
    """Read a file of floats for each input of the model.

    Raises
    ------
    InputError
        There are more files than inputs or fewer, one cannot be read, or it does not hold one array
        of finite floats.
    """
    paths = files.split(",")
    if len(paths) != len(names):
        raise InputError(
            f"--data {files}: names {len(paths)} files; one for each of the model's inputs is"
            f" accepted: {', '.join(names)}"
        )
    return {name: _floats(path) for name, path in zip(names, paths, strict=True)}


def _floats(path: str) -> npt.NDArray[np.float32]:
    array: Any = load_array(path)
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.floating):
        kind = array.dtype if isinstance(array, np.ndarray) else "an archive"
        raise InputError(f"{path}: is {kind}; one array of floats (.npy) is accepted")
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    if array.ndim < 1 or not np.isfinite(values).all():
        raise InputError(
            f"{path}: holds values that are not finite, or one only; finite is accepted"
        )
    return values
