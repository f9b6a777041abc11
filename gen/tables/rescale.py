"""Another scale and zero point.

Source: ``Requantize`` in ``tensorflow/lite/kernels/internal/reference/requantize.h``.
"""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor
from zeroleap.gen.quantization import quantize_multiplier
from zeroleap.gen.requantize import requantize
from zeroleap.gen.tables.tabulate import tabulate

__all__ = ["rescale"]


def rescale(
    source: Tensor, target: Tensor, *, low: int = -128, high: int = 127
) -> npt.NDArray[np.int8]:
    """Return ``x`` of ``source`` in the scale of ``target``, between ``low`` and ``high``."""
    factor = quantize_multiplier(float(source.scale) / float(target.scale))

    def entry(x: int) -> int:
        return requantize(x - source.zero_point, *factor, target.zero_point, (low, high))

    return tabulate(entry)
