"""Operators on integers (QOperator), written out as the QDQ nodes that they mean.

``QLinearX(x, x_scale, x_zero_point, ..., y_scale, y_zero_point)`` is
``QuantizeLinear(X(DequantizeLinear(x), ...))``, by the definitions of ONNX and, for the domain
com.microsoft, of onnxruntime (``docs/ContribOperators.md``).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from onnx import helper

from zeroleap.gen.frontend.names import first_free

__all__ = ["QOPERATORS", "written_out"]

MICROSOFT = "com.microsoft"


@dataclass(frozen=True)
class Form:
    """What stands where among an operator's inputs.

    Parameters
    ----------
    kind : str
        The operator on reals.
    operands : int
        How many triples of integers, scale and zero point it has.
    domain : str
        Where it is defined.
    first : int
        Position of the first triple.
    target : int
        Position of the result's scale, before its zero point.
    bias : int or None
        Position of integers in steps of the product of the operands' scales.
    """

    kind: str
    operands: int = 1
    domain: str = MICROSOFT
    first: int = 0
    target: int = 3
    bias: int | None = None


QOPERATORS = {
    "QGemm": Form("Gemm", 2, target=7, bias=6),
    "QLinearAdd": Form("Add", 2, target=6),
    "QLinearAveragePool": Form("AveragePool"),
    "QLinearConcat": Form("Concat", 0, first=2, target=0),
    "QLinearConv": Form("Conv", 2, domain="", target=6, bias=8),
    "QLinearGlobalAveragePool": Form("GlobalAveragePool"),
    "QLinearLeakyRelu": Form("LeakyRelu"),
    "QLinearMatMul": Form("MatMul", 2, domain="", target=6),
    "QLinearMul": Form("Mul", 2, target=6),
    "QLinearSigmoid": Form("Sigmoid"),
    "QLinearSoftmax": Form("Softmax"),
}


def written_out(proto: Any, taken: Collection[str]) -> Sequence[Any]:
    """Return the nodes that ``proto`` means; itself if it is none of `QOPERATORS`.

    Their new tensors have names that are not ``taken``. A Gemm whose result has no scale gives
    reals, and is not quantised.
    """
    form = QOPERATORS.get(proto.op_type)
    if form is None:
        return [proto]
    given = [*proto.input, *[""] * 9]
    names = set(taken)
    nodes, operands = [], []
    count = form.operands or (len(proto.input) - form.first) // 3
    for index in range(count):
        place = form.first + 3 * index
        real = _fresh(f"{proto.output[0]}:operand{index}", names)
        axis = _weight_axis(proto) if index else 1
        nodes.append(
            helper.make_node(
                "DequantizeLinear",
                [name for name in given[place : place + 3] if name],
                [real],
                f"{proto.name or proto.output[0]}:operand{index}",
                axis=axis,
            )
        )
        operands.append(real)
    if form.bias is not None and given[form.bias]:
        operands.append(given[form.bias])
    scale, zero_point = given[form.target : form.target + 2]
    result = _fresh(f"{proto.output[0]}:real", names) if scale else proto.output[0]
    operator = helper.make_node(form.kind, operands, [result], proto.name or proto.output[0])
    operator.attribute.extend(item for item in proto.attribute if not _says_nothing(item))
    nodes.append(operator)
    if scale:
        target = [result, scale, *filter(None, [zero_point])]
        nodes.append(helper.make_node("QuantizeLinear", target, proto.output, operator.name))
    return nodes


def _fresh(name: str, taken: set[str]) -> str:
    name = first_free(name, taken)
    taken.add(name)
    return name


def _weight_axis(proto: Any) -> int:
    """Return the axis of the second operand that the outputs' channels are on."""
    if proto.op_type == "QGemm":
        return 0 if any(item.name == "transB" and item.i for item in proto.attribute) else 1
    return 0 if proto.op_type == "QLinearConv" else 1


def _says_nothing(attribute: Any) -> bool:
    """Whether an attribute of onnxruntime's own has no meaning here.

    ``opset`` says what a Softmax means whose axis is not the last one; such are refused.
    """
    return (attribute.name == "channels_last" and not attribute.i) or attribute.name == "opset"
