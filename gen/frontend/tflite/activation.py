"""Functions of each element: rectifiers, LOGISTIC and TANH."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import tflite

from zeroleap.gen import tables
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import Add, Multiply, Operator, Table, Tensor
from zeroleap.gen.quantization import requantization, sum_requantizations

__all__ = [
    "hard_swish",
    "leaky_relu",
    "logistic",
    "prelu",
    "relu",
    "relu6",
    "relu_n1_to_1",
    "tanh",
]

FULL = (-128, 127)


def hard_swish(layer: Layer) -> Table:
    """Read HARD_SWISH."""
    return _table(layer, tables.hard_swish)


def leaky_relu(layer: Layer) -> Table:
    """Read LEAKY_RELU."""
    alpha = layer.options(tflite.LeakyReluOptions).Alpha()
    return _table(layer, lambda source, target: tables.leaky_relu(source, target, alpha))


def logistic(layer: Layer) -> Table:
    """Read LOGISTIC, whose output has scale 1/256 and zero point -128."""
    _expect_quantization(layer, 1 / 256, -128)
    return _table(layer, lambda source, _: tables.logistic(source))


def tanh(layer: Layer) -> Table:
    """Read TANH, whose output has scale 1/128 and zero point 0."""
    _expect_quantization(layer, 1 / 128, 0)
    return _table(layer, lambda source, _: tables.tanh(source))


def relu(layer: Layer) -> Table:
    """Read RELU, which may change the scale."""
    return _table(layer, lambda source, target: tables.relu(source, target, "RELU"))


def relu6(layer: Layer) -> Table:
    """Read RELU6, which clips in the input's scale, whatever the output's is."""
    return _table(layer, lambda source, _: tables.clip(source, "RELU6"))


def relu_n1_to_1(layer: Layer) -> Table:
    """Read RELU_N1_TO_1, which may change the scale."""
    return _table(layer, lambda source, target: tables.relu(source, target, "RELU_N1_TO_1"))


def prelu(layer: Layer) -> tuple[Operator, ...]:
    """Read PRELU: int8, constant slopes of any shape that fits.

    What is above 0 is brought to the output's scale, what is below 0 is multiplied by its slope.
    Each is 0 where the other is not, so that their sum, all of one scale, is exact.

    Source: ``BroadcastPrelu4DSlow`` in ``tensorflow/lite/kernels/internal/reference/prelu.h``.
    """
    layer.expect(2, 2)
    source, target = layer.maps()
    slopes = layer.operand(1)
    if not layer.constants or slopes.dtype != "int8":
        raise layer.refuse("alpha is computed or not INT8; constant INT8 is accepted")
    try:
        fits = np.broadcast_shapes(source.shape, slopes.shape) == source.shape == target.shape
    except ValueError:
        fits = False
    if not fits:
        raise layer.refuse(
            f"alpha has shape {slopes.shape} with input {source.shape} and output {target.shape};"
            " lengths of the input, or 1, are accepted on each axis"
        )
    above = layer.between("above", target)
    below = layer.between("below", source)
    scaled = layer.between("scaled", target)
    real = float(source.scale) * float(slopes.scale) / float(target.scale)
    factors = sum_requantizations(target.scale, target.scale, target.scale)
    code = layer.operator.code
    positive = tables.rescale(source, target, low=target.zero_point)
    negative = tables.rescale(source, source, high=source.zero_point)
    return (
        Table(f"{layer.name}:above", code, (source.name,), above.name, positive),
        Table(f"{layer.name}:below", code, (source.name,), below.name, negative),
        Multiply(
            f"{layer.name}:scaled",
            code,
            (below.name, slopes.name),
            scaled.name,
            FULL,
            requantization([real]),
        ),
        Add(layer.name, code, (above.name, scaled.name), target.name, FULL, *factors),
    )


def _table(layer: Layer, function: Callable[[Tensor, Tensor], npt.NDArray[np.int8]]) -> Table:
    layer.expect(1, 1)
    source, target = layer.maps()
    layer.expect_shape(target, source.shape)
    values = function(source, target)
    return Table(layer.name, layer.operator.code, (source.name,), target.name, values)


def _expect_quantization(layer: Layer, scale: float, zero_point: int) -> None:
    target = layer.output
    if (target.scale, target.zero_point) != (scale, zero_point):
        raise layer.refuse(
            f"output has scale {target.scale} and zero point {target.zero_point}; {scale} and"
            f" {zero_point} are accepted"
        )
