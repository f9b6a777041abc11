"""Rectifiers that stand alone.

Sources: ``CalculateReluOpData`` in ``tensorflow/lite/micro/kernels/activations_common.cc``,
``ReluQuantized`` and ``Relu6Quantized`` in ``activations.cc`` beside it.
"""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor
from zeroleap.gen.quantization import activation_clamp, float32_ratio, quantize_multiplier
from zeroleap.gen.requantize import requantize
from zeroleap.gen.tables.tabulate import tabulate

__all__ = ["clip", "relu"]


def relu(source: Tensor, target: Tensor, activation: str) -> npt.NDArray[np.int8]:
    """Return ``x`` in the scale of ``target``, between the bounds of ``activation``.

    The ratio of scales is float32's.

    Raises
    ------
    ValueError
        The ratio is not finite, or a bound does not fit in 32 bits.
    """
    factor = quantize_multiplier(float32_ratio(source.scale, target.scale))
    low, high = activation_clamp(activation, target.scale, target.zero_point)

    def entry(x: int) -> int:
        return requantize(x - source.zero_point, *factor, target.zero_point, (low, high))

    return tabulate(entry)


def clip(source: Tensor, activation: str) -> npt.NDArray[np.int8]:
    """Return ``x`` between the bounds of ``activation``, in its own scale.

    Raises
    ------
    ValueError
        A bound does not fit in 32 bits.
    """
    low, high = activation_clamp(activation, source.scale, source.zero_point)
    return tabulate(lambda x: min(max(x, low), high))
