"""Quantises float ONNX models, by onnxruntime's own static quantisation."""

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend.names import readable
from zeroleap.gen.frontend.onnx.families import FAMILIES
from zeroleap.gen.normalization import fold_into_dense

__all__ = ["count_samples", "quantize_onnx", "read_float_model"]

Samples = Mapping[str, npt.NDArray[np.float32]]

CURE = "install it with: pip install zeroleap[quantize]"
OPSET = 13
"""The oldest in which weights can have a scale for each channel."""
KINDS = [
    kind
    for family, kinds in FAMILIES.items()
    if family not in ("another scale or type", "of constants and shapes")
    for kind in kinds
    if kind != "ReduceMean"  # of several one mean is made, if nothing is between
]
"""What is quantised: what is read. onnxruntime's own choice lacks Sub, Max, Tanh and others."""


def read_float_model(path: Path) -> Any:
    """Return the ONNX model in ``path``, its initialisers no longer inputs.

    Raises
    ------
    InputError
        The file cannot be read, is no ONNX model, is quantised already, or has an operator that
        ONNX does not define.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # damaged files raise nearly every type
        raise InputError(
            f"{path}: cannot be read ({_reason(error)}); an ONNX file is accepted"
        ) from None
    graph = model.graph
    strings = [text for node in graph.node for text in (node.op_type, node.domain, node.name)]
    strings += [item.name for item in (*graph.input, *graph.initializer)]
    if not all(isinstance(text, str) for text in strings):  # protobuf gives bytes
        raise InputError(f"{path}: is damaged (a name is not UTF-8); an ONNX file is accepted")
    if not graph.node:
        raise InputError(f"{path}: has no nodes; a float ONNX model is accepted")
    versions = {item.domain: item.version for item in model.opset_import}
    for index, node in enumerate(graph.node):
        where = f"{path.name}: node {index} {readable(node.name)!r} ({readable(node.op_type)})"
        if "Quantize" in node.op_type or "QLinear" in node.op_type:
            raise InputError(f"{where}: the model is quantised already; a float one is accepted")
        if node.domain == "" and not onnx.defs.has(node.op_type, versions.get("", 1)):
            raise InputError(f"{where}: ONNX has no such operator; a model without it is accepted")
    constants = {item.name for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in constants]
    del graph.input[:]
    graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, 4)  # before, initialisers had to be inputs
    return model


def count_samples(name: str, model: Any, samples: Samples) -> int:
    """Return how many inputs ``samples`` hold, each array being (count, ...) of an input's shape.

    Raises
    ------
    InputError
        An array is not of its input's shape, or the arrays are not of one length; an input is not
        float32 or has a batch other than 1.
    """
    counts = set()
    for item in model.graph.input:
        where = f"{name}: model input {readable(item.name)!r}"
        kind = item.type.tensor_type
        if kind.elem_type != onnx.TensorProto.FLOAT:
            raise InputError(f"{where} is not float32; float32 is accepted")
        dims = [dim.dim_value or None for dim in kind.shape.dim]
        if not dims or dims[0] not in (None, 1):
            raise InputError(f"{where} has shape {dims}; a batch of 1, or variable, is accepted")
        shape = samples[item.name].shape
        if len(shape) != len(dims) or any(
            wanted not in (None, length) for wanted, length in zip(dims[1:], shape[1:], strict=True)
        ):
            wanted = ", ".join("any" if dim is None else str(dim) for dim in dims[1:])
            raise InputError(f"{where}: data have shape {shape}; (count, {wanted}) is accepted")
        counts.add(shape[0])
    if len(counts) != 1 or not min(counts):
        raise InputError(
            f"{name}: data hold {sorted(counts)} inputs; equally many, 1 or more, are accepted"
        )
    return int(counts.pop())


def quantize_onnx(
    name: str, model: Any, samples: Samples, target: Path, step: Callable[[str], None]
) -> None:
    """Write the model, quantised, to ``target``.

    QDQ, int8; weights symmetric, with a scale for each output channel, but for those of
    `_single_scales`; activations by their smallest and largest value on ``samples``. Before that
    onnxruntime folds constants and merges normalisation into convolutions, transposed ones
    included, shapes are inferred, and `fold_into_dense` does its part.

    Parameters
    ----------
    name : str
        The model, for messages.
    model : onnx.ModelProto
        From `read_float_model`.
    samples : mapping of name to array
        As `count_samples` accepts.
    target : Path
    step : function of a text
        Called before each step: 1, then one for each sample, then 1.

    Raises
    ------
    InputError
        onnxruntime is not installed, or gives up.
    """
    with _quiet_onnxruntime() as (quantization, pre_process):
        try:
            with tempfile.TemporaryDirectory(prefix="zeroleap-") as folder:
                step("preparing the model")
                source, prepared = Path(folder) / "float.onnx", Path(folder) / "prepared.onnx"
                onnx.save(model, source)
                pre_process(source, prepared, skip_symbolic_shape=True)
                legal = _legal(onnx.load(prepared))
                fold_into_dense(legal)
                onnx.save(legal, prepared)
                quantization.quantize_static(
                    prepared,
                    target,
                    _reader(quantization, samples, step),
                    quant_format=quantization.QuantFormat.QDQ,
                    op_types_to_quantize=KINDS,
                    per_channel=True,
                    activation_type=quantization.QuantType.QInt8,
                    weight_type=quantization.QuantType.QInt8,
                    calibrate_method=quantization.CalibrationMethod.MinMax,
                    extra_options={
                        "WeightSymmetric": True,
                        "ActivationSymmetric": False,
                        "TensorQuantOverrides": _single_scales(legal, quantization),
                    },
                )
        except Exception as error:  # onnx and onnxruntime raise nearly every type
            raise InputError(
                f"{name}: onnxruntime cannot quantise it ({type(error).__name__}:"
                f" {_reason(error)}); a float model that onnxruntime runs is accepted"
            ) from None


def _legal(model: Any) -> Any:
    """Bring a prepared model to what the quantiser can take."""
    if next(item.version for item in model.opset_import if item.domain == "") < OPSET:
        model = onnx.version_converter.convert_version(model, OPSET)
    constants = {item.name: item for item in model.graph.initializer}
    for node in model.graph.node:
        bias = constants.get(node.input[2]) if node.op_type == "Gemm" and node.input[2:] else None
        if bias is not None and list(bias.dims[:-1]) == [1]:
            bias.dims[:] = bias.dims[-1:]  # onnxruntime 1.31 fails on a row with scales a channel
    return model


def _single_scales(model: Any, quantization: Any) -> dict[str, Any]:
    """Return how weights are quantised whose bias onnxruntime cannot quantise with theirs.

    Those of a ConvTranspose in groups have a scale for each channel of a group; its bias has a
    number for each channel of all groups.
    """
    grouped = [
        node
        for node in model.graph.node
        if node.op_type == "ConvTranspose"
        and node.input[2:]
        and any(item.name == "group" and item.i > 1 for item in node.attribute)
    ]
    rule = {"quant_type": quantization.QuantType.QInt8, "symmetric": True}
    return {node.input[1]: [dict(rule)] for node in grouped}


def _reader(quantization: Any, samples: Samples, step: Callable[[str], None]) -> Any:
    count = len(next(iter(samples.values())))

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        """Gives onnxruntime a sample at a time."""

        done = 0

        def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
            """Return the next input of the model; None at the end."""
            if self.done == count:
                step("quantising")
                return None
            start, self.done = self.done, self.done + 1
            step(f"calibrating on {count} inputs")
            return {name: array[start : self.done] for name, array in samples.items()}

    return Reader()


@contextlib.contextmanager
def _quiet_onnxruntime() -> Iterator[tuple[Any, Callable[..., None]]]:
    """Give onnxruntime's quantiser and its preparation, which say nothing meanwhile."""
    try:
        import onnxruntime
        from onnxruntime import quantization
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError:
        raise InputError(f"onnxruntime, which quantises, is not installed; {CURE}") from None
    onnxruntime.set_default_logger_severity(4)
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield quantization, quant_pre_process
    finally:
        logging.disable(level)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
