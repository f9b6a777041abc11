"""The tables of supported operators, as the README has them."""

from collections.abc import Iterable, Mapping

from zeroleap.gen.frontend.onnx.families import FAMILIES as ONNX
from zeroleap.gen.frontend.onnx.qoperator import QOPERATORS
from zeroleap.gen.frontend.tflite.constants import FOLDED
from zeroleap.gen.frontend.tflite.families import FAMILIES, OPERATORS
from zeroleap.gen.quantization import ACTIVATIONS

__all__ = ["onnx_table", "tflite_table"]


def tflite_table() -> str:
    """Return a row of Markdown for each family of TensorFlow Lite's operators."""
    rows = {name: sorted(family) for name, family in FAMILIES.items()}
    rows["of constants and shapes"] = sorted(set(FOLDED) - set(OPERATORS))
    return _table({**rows, "activation, within a layer": ACTIVATIONS})


def onnx_table() -> str:
    """Return a row of Markdown for each family of ONNX's operators, QDQ and QOperator."""
    rows = {name: sorted(family) for name, family in ONNX.items()}
    return _table({**rows, "on integers (QOperator)": sorted(QOPERATORS)})


def _table(rows: Mapping[str, Iterable[str]]) -> str:
    lines = ["| | |", "|---|---|"]
    for name, codes in rows.items():
        lines.append(f"| {name} | {', '.join(f'`{code}`' for code in codes)} |")
    return "\n".join(lines) + "\n"
