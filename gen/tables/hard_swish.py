"""``x * min(max(x + 3, 0), 6) / 6``.

Sources: ``HardSwish`` in ``tensorflow/lite/kernels/internal/reference/hard_swish.h``;
``HardSwishPrepare`` in ``tensorflow/lite/micro/kernels/hard_swish_common.cc``;
``DownScaleInt32ToInt16Multiplier`` in ``tensorflow/lite/kernels/internal/common.h``.
"""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Tensor
from zeroleap.gen.quantization import float32_ratio, quantize_multiplier
from zeroleap.gen.tables.fixed_point import divide_by_power, high_mul
from zeroleap.gen.tables.tabulate import tabulate

__all__ = ["hard_swish"]


def hard_swish(source: Tensor, target: Tensor) -> npt.NDArray[np.int8]:
    """Return the function in 16-bit fixed point, as the kernel has it.

    Raises
    ------
    ValueError
        The ratio of scales is 128 and more, or 2**-8 and less.
    """
    fine = float(source.scale) / 128
    output, output_shift = _int16_multiplier(float32_ratio(fine, target.scale))
    gate, gate_shift = _int16_multiplier(float32_ratio(fine, 3 / 32768))
    if not -15 <= output_shift <= 0:
        raise ValueError(
            f"ratio of the input's to the output's scale must be in 2**-8..2**7, not"
            f" {source.scale / target.scale!r}"
        )

    def entry(x: int) -> int:
        steps = (x - source.zero_point) * 128
        factor = steps
        if gate_shift > 0:
            factor = _int16(factor << (gate_shift - 1))
        factor = high_mul(factor, gate, 16)
        if gate_shift > 0:
            factor = _int16(factor << 1)
        elif gate_shift < 0:
            factor = divide_by_power(factor, -gate_shift)
        share = (factor + 2**15) >> 1  # from -1..1 to 0..1
        product = share * high_mul(steps, output, 16)
        size = abs(product) >> 15
        size = divide_by_power(size, -output_shift)
        return target.zero_point + (size if product >= 0 else -size)

    return tabulate(entry)


def _int16_multiplier(real: float) -> tuple[int, int]:
    """Return the multiplier, cut to 16 bits, and the shift of ``real``."""
    multiplier, shift = quantize_multiplier(real)
    return min((multiplier + 2**15) >> 16, 2**15 - 1), shift


def _int16(value: int) -> int:
    return min(max(value, -(2**15)), 2**15 - 1)
