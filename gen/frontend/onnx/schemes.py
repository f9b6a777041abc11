"""Ways to quantise a model that are not read, and what to do about each."""

from typing import Any

from zeroleap.gen.frontend.onnx.node import QUANTISE

__all__ = ["other_scheme"]

DYNAMIC = ("ConvInteger", "DynamicQuantize", "MatMulInteger")
"""How operators begin that onnxruntime's quantize_dynamic writes."""
QONNX = ("finn.", "onnx.brevitas", "qonnx.")
"""How domains begin whose operators round floats to any number of bits."""


def other_scheme(proto: Any) -> str | None:
    """Return what is wrong with how a node quantises, and what is accepted; None if nothing is."""
    if proto.op_type.startswith(DYNAMIC):
        return f"the model is quantised dynamically, at each inference anew; {QUANTISE}"
    if proto.domain.startswith(QONNX):
        return (
            "the model is quantised as in QONNX, with floats that stand for integers; one that is"
            " exported as QDQ or QCDQ with int8, for example by brevitas.export.export_onnx_qcdq,"
            " is accepted"
        )
    return None
