"""Dense layer on int8, as ``reference_integer_ops::FullyConnected``.

Source: ``tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h``.
"""

from typing import Any

import numpy.typing as npt

from zeroleap.gen.ir import FullyConnected, Tensor
from zeroleap.sim.reference.convolution import accumulate
from zeroleap.sim.reference.requantize import requantize

__all__ = ["dense"]


def dense(
    operator: FullyConnected, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the output of ``operator``: dot products over the flattened input, as convolution.

    An input of several times ``in_size`` elements is as many rows, each done on its own.
    """
    weights = operator.weights[:, None, None, :]
    rows = values.reshape(-1, 1, 1, weights.shape[-1])
    sums = accumulate(rows, weights, operator.bias, source.zero_point)
    result = requantize(sums, operator.requantization, target.zero_point, operator.clamp)
    return result.reshape(target.shape).astype(target.dtype)
