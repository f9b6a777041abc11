"""The leaky rectifier.

Sources: ``QuantizeLeakyRelu`` in ``tensorflow/lite/kernels/internal/reference/leaky_relu.h``;
``CalculateOpDataLeakyRelu`` in ``tensorflow/lite/micro/kernels/leaky_relu_common.cc``.
"""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor
from zeroleap.gen.quantization import float32_ratio, quantize_multiplier
from zeroleap.gen.requantize import requantize
from zeroleap.gen.tables.tabulate import tabulate

__all__ = ["leaky_relu"]

INT32 = (-(2**31), 2**31 - 1)


def leaky_relu(source: Tensor, target: Tensor, alpha: float) -> npt.NDArray[np.int8]:
    """Return ``x``, times ``alpha`` where it is negative, in the scale of ``target``.

    The ratios of scales are float32's.

    Raises
    ------
    ValueError
        ``alpha`` is not finite, or a ratio of scales is not.
    """
    with np.errstate(over="ignore"):
        product = float(np.float32(source.scale) * np.float32(alpha))
    slope = float32_ratio(product, target.scale)
    above = quantize_multiplier(float32_ratio(source.scale, target.scale))
    below = quantize_multiplier(abs(slope))

    def entry(x: int) -> int:
        steps = x - source.zero_point
        if steps >= 0:
            return requantize(steps, *above, target.zero_point, INT32)
        scaled = requantize(steps, *below, 0, INT32)
        return target.zero_point + (-scaled if slope < 0 else scaled)

    return tabulate(entry)
